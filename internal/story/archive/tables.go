package archive

// What belongs to one story, each table by its column that names it. The story
// itself comes first.
var storyTables = []struct {
	Table
	by string
}{
	{Of("story", "id", `id family lang section slug headline standfirst excerpt {bylines dateline place {tags #no_ask state #revision #latest
		#year #month #number @created @updated @published stage @touched @corrected #withdrawn @held @due series #live`), "id"},
	{Of("story_revision", "revision", `story #revision @at section headline standfirst {bylines dateline place {tags #no_ask {body {meta kind #base @redacted`), "story"},
	{Of("story_address", "lang, year, month, slug", "lang #year #month slug story @since"), "story"},
	{Of("story_publication", "n", "story #n #seq lang #revision kind @at #listed note reason digest @redacted"), "story"},
	{Of("story_byline", "byline, lang, published", "byline lang @published story"), "story"},
	{Of("story_import", "source", "source story appeal @at"), "story"},
	{Of("import_item", "source", "source story hash #revision @at"), "story"},
	{Of("import_address", "path", "path story @at"), "story"},
}

// What stands beside the stories and comes before them.
var beforeTables = []Table{
	Of("byline", "id", "id name slug #pseudonym about @made"),
}

// And what comes after them, in the order in which it may be written.
var afterTables = []Table{
	Of("correction", "seq", "#seq story #n kind @at digest note hash"),
	Of("story_counter", "name", "name #last"),
}
