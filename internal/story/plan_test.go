package story

import (
	"context"
	"strings"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
)

// TestPlans reads how SQLite will carry out each query: by an index, in the
// order of an index, and never through all stories.
func TestPlans(t *testing.T) {
	queries := map[string]struct {
		sql  string
		args []any
	}{
		"byID":          {byID, []any{"x"}},
		"byAddress":     {byAddress, []any{"en", 2024, 12, "x"}},
		"front":         {front, []any{"en", 1, "x", 10}},
		"section":       {section, []any{"en", 1, "x", 10, "world"}},
		"recent":        {recent, []any{"en", 10}},
		"recentSection": {recentSection, []any{"en", 10, "world"}},
		"sections":      {sections, []any{"en"}},
		"byState":       {byState, []any{"draft", 1, "x", 10}},
		"translations":  {translations, []any{"x"}},
		"sitemap":       {sitemap, []any{0, 1000}},
		"sitemapNews":   {sitemapNews, []any{1}},
		"highest":       {highest, nil},
		"revision":      {revisionByNumber, []any{"x", 1}},
		"import":        {importBySource, []any{"x"}},
		"withdrawn":     {byWithdrawal, []any{1, 1, "x", 10}},
		"atWork":        {atWork, []any{1, "x", 10}},
		"atStage":       {atStage, []any{1, "x", 10, "review"}},
		"series":        {inSeries, []any{"en", 1, "x", 10, "the-flood"}},
		"summary":       {summaryByID, []any{"x"}},
		"byline":        {ofByline, []any{"en", 1, "x", "b", 10}},
		"history":       {revisionsBefore, []any{"x", 9, 10}},
		"sides":         {sidesOfStory, []any{"x"}},
		"copies":        {copiesOfMember, []any{"x", "x"}},
		"side":          {sideByNumber, []any{"x", 1}},
		"nextDue":       {nextDue, nil},
		"areDue":        {areDue, []any{1}},
		"stuck":         {stuck, []any{10}},
		"dueOf":         {dueOf, []any{"x"}},
		"publications":  {publications, []any{"x"}},
		"publication":   {publicationByNumber, []any{"x", 1}},
		"corrections":   {corrections, []any{"en", 1, 10}},
		"notes":         {notesOfPublications, []any{"x", 5}},
		"last":          {lastPublication, []any{"x"}},
		"ledger":        {ledgerLines, []any{1, 10}},
		"ledgerBack":    {ledgerBack, []any{9, 10}},
		"redactions":    {redactionsBack, []any{"z", 10}},
		"ledgerHead":    {ledgerHead, []any{1}},
		"work":          {workOfStory, []any{"x", 1, "y", 10}},
		"deskNotes":     {notesOfStory, []any{"x", 10}},
		"tasks":         {tasksOfStory, []any{"x", 10}},
		"tasksOf":       {tasksOfMember, []any{"x", 10}},
		"present":       {presentAt, []any{"x", 1}},
		"lookAgain":     {lookAgainAt, []any{"x"}},
		"lookAgainAll":  {lookAgain, []any{1, "x", 10}},
		"family":        {familyOf, []any{"x", "y"}},
		"storiesAfter":  {storiesAfter, []any{"x", 10}},
		"redaction":     {redactionByID, []any{"x"}},
		"unfinished":    {openRedactions, nil},
	}
	d := dbtest.SQLite(t)
	for name, q := range queries {
		t.Run(name, func(t *testing.T) {
			for _, step := range plan(t, d, q.sql, q.args...) {
				if strings.HasPrefix(step, "SCAN") && step != "SCAN step" || strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s", step)
				}
			}
		})
	}
	if all := plan(t, d, "select count(*) from story where headline = $1", "x"); !strings.HasPrefix(strings.Join(all, ""), "SCAN") {
		t.Errorf("a query that reads everything shows as %q: this test would not notice one", all)
	}
}

func plan(t *testing.T, d *db.DB, query string, args ...any) (steps []string) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "explain query plan "+query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}
