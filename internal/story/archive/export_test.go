package archive

// Carried are the columns that an export of stories carries, as "table.column".
func Carried() map[string]bool {
	all := map[string]bool{"byline.person": true} // is left out on purpose: whose name a pseudonym stands for
	add := func(t *Table) {
		for _, c := range t.Columns {
			all[t.Name+"."+c.Name] = true
		}
	}
	for i := range storyTables {
		add(&storyTables[i].Table)
	}
	for i := range beforeTables {
		add(&beforeTables[i])
	}
	for i := range afterTables {
		add(&afterTables[i])
	}
	return all
}
