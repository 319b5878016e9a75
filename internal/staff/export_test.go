package staff

// Actions lists all of them.
func Actions() []Action {
	return []Action{ExportDonors, CloseCountry, DeleteStory, PublishUnproven, PublishTwo}
}

// Rights lists every right there is.
func Rights() (all []Right) {
	for r := range table {
		all = append(all, r)
	}
	return all
}
