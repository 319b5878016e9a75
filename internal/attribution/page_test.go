package attribution

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// said is a suggestion as a page's table writes it: texts alone.
type said struct {
	Kind                          Kind
	Source, Mention, Cue, Content string
	Role, Body, Addressee         string
	When, Date, Where, Medium     string
	About, Evidence               string
}

func flat(s Suggestion) said {
	out := said{Kind: s.Kind, Role: s.Role, Body: s.Body, Addressee: s.Addressee, Where: s.Where, Medium: s.Medium, About: strings.Join(s.About, "; "), Evidence: s.Evidence, Cue: s.Cue.Text}
	if s.Source != nil {
		out.Source, out.Mention = s.Source.Text, s.Source.Mention
	}
	var parts []string
	for _, c := range s.Content {
		parts = append(parts, c.Text)
	}
	out.Content = strings.Join(parts, " … ")
	if s.When != nil {
		out.When, out.Date = s.When.Text, s.When.Date
	}
	return out
}

func page(t *testing.T, lang, text string, want []said) {
	t.Helper()
	e, err := New(lang)
	if err != nil {
		t.Fatal(err)
	}
	found := e.Suggest(text, Options{Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC)})
	checkSpans(t, text, found)
	var got []said
	for _, s := range found {
		got = append(got, flat(s))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestHarbourPage reads a news page of our own: every statement, every field,
// and nothing of the appeal below it.
func TestHarbourPage(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "en-harbour.txt"))
	if err != nil {
		t.Fatal(err)
	}
	page(t, "en", string(raw), []said{
		{Kind: Mixed, Source: "Oslo", Cue: "said", Content: "Norway, Iceland and Denmark are in “daily touch” over the blockade of the harbour at Skarvik", Body: "Oslo", When: "Wednesday", Date: "2024-12-04", About: "Norway; Iceland; Denmark; Skarvik"},
		{Kind: Direct, Source: "Norwegian Fisheries Ministry spokeswoman Astrid Halvorsen", Cue: "told", Content: "“The fisheries ministers of the three northern states — Norway, Iceland and Denmark — speak with each other every morning,”", Role: "spokeswoman", Body: "Norwegian Fisheries Ministry", Addressee: "reporters", When: "Wednesday", Date: "2024-12-04", About: "Norway; Iceland; Denmark"},
		{Kind: Mixed, Source: "Astrid Halvorsen", Mention: "Halvorsen", Cue: "said", Content: "Norway was “quietly working with all its neighbours so that the cod of Skarvik reaches its buyers.”", Role: "spokeswoman", Body: "Norwegian Fisheries Ministry", About: "Norway; Skarvik"},
		{Kind: Mixed, Source: "Norwegian Prime Minister Henrik Solberg", Cue: "told", Content: "that the blockade needed a “quick end,”", Role: "Norwegian Prime Minister", Addressee: "Danish Prime Minister Mette Kruse", When: "Tuesday", Date: "2024-12-03", Medium: "phone call"},
		{Kind: Mixed, Source: "Norwegian Prime Minister Henrik Solberg", Cue: "condemned", Content: "“piracy against the harbour of Skarvik.", Role: "Norwegian Prime Minister", When: "Tuesday", Date: "2024-12-03", Medium: "phone call", About: "Skarvik"},
		{Kind: Indirect, Source: "the Icelandic Embassy", Cue: "said", Content: "A senior aide from the office of Iceland’s chief justice was also in Oslo for talks on Wednesday", Body: "Icelandic Embassy", Medium: "statement", About: "Iceland; Oslo"},
		{Kind: Indirect, Source: "Norway", Cue: "has accused", Content: "Finland of arming the northern boarders", Body: "Norway", About: "Finland"},
		{Kind: Indirect, Source: "Norway", Mention: "which", Cue: "announced", Content: "coast guard drills in the northern Atlantic", Body: "Norway", When: "this week", Date: "2024-W49", About: "Atlantic"},
		{Kind: Indirect, Source: "Norway’s envoy Sigurd Brekke", Cue: "said", Content: "Finland had supplied the boarding crew Havets Folk al-Nord (HFN) with boats and radios", Role: "envoy", Body: "Norway", When: "Tuesday", Date: "2024-12-03", Where: "Hague", About: "Finland; Havets Folk al-Nord; HFN", Evidence: NonePresented},
		{Kind: Mixed, Source: "Sigurd Brekke", Mention: "Brekke", Cue: "said", Content: "“Finnish boatbuilders from the SLK are on the pier… teaching HFN men to steer at night,” including against Danish pilots in Skarvik", Role: "envoy", Body: "Norway", About: "SLK; HFN; Skarvik"},
	})
}

// TestArticles reads the articles of the other languages whole: pronouns and
// short names over sentences, and nothing of the appeal at the end.
func TestArticles(t *testing.T) {
	for code, want := range map[string][]string{
		"ru": {
			"indirect | мэрии Сосновска | сообщили | Мост через реку Лугу закроют на ремонт в январе",
			"direct | мэр города Игорь Лапин | заявил | «Опоры стоят ещё с прошлого века … Ждать больше нельзя»",
			"indirect | Игорь Лапин | По словам | ремонт продлится до осени и обойдётся в два миллиона рублей",
			"indirect | Глава областного дорожного комитета Анна Громова | рассказала | что паром будет ходить каждый час",
			"mixed | Анна Громова | добавила | что билет останется «дешевле чашки чая»",
			"indirect | Жители посёлка Заречный | опасаются | что паром не справится",
			"direct | учительница Нина Орлова | сказала | «Зимой он вмёрзнет в лёд»",
			"indirect | Оппозиция | обвинила | мэра в растрате",
			"indirect | Игорь Лапин | отверг | обвинения",
		},
		"de": {
			"indirect | die Stadtverwaltung | teilte | Die Grundschule in Waldau bleibt bis März geschlossen",
			"direct | Bürgermeisterin Clara Lorenz | sagte | „Das Dach ist nicht mehr sicher“ … „Wir riskieren nichts.“",
			"indirect | Clara Lorenz | erklärte | die Kinder würden in drei Nachbarschulen unterrichtet",
			"mixed | Clara Lorenz | fügte | dass die Busse „pünktlich wie nie“ fahren sollen",
			"indirect | dem Architekten Jonas Adler | Laut | kostet ein neues Dach zwei Millionen Euro",
			"indirect | Die Elterninitiative | behauptet | die Stadt habe seit Jahren von den Rissen gewusst",
			"direct | die Sprecherin der Initiative, Helga Ritter | klagte | „Niemand hat uns gefragt“",
			"indirect | Der Verband der Lehrer | bestritt | die Vorwürfe",
		},
	} {
		t.Run(code, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", articles[code]))
			if err != nil {
				t.Fatal(err)
			}
			e, err := New(code)
			if err != nil {
				t.Fatal(err)
			}
			found := e.Suggest(string(raw), Options{Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC)})
			checkSpans(t, string(raw), found)
			var got []string
			for _, s := range found {
				f := flat(s)
				got = append(got, strings.Join([]string{string(f.Kind), f.Source, f.Cue, f.Content}, " | "))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRealPage reads the page that the whole program starts from.
func TestRealPage(t *testing.T) {
	files, err := filepath.Glob("../../../shared/seed/000_*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("../shared/seed/000_*.txt is not beside this checkout: the real page is not read")
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	e, err := New("en")
	if err != nil {
		t.Fatal(err)
	}
	found := e.Suggest(string(raw), Options{Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC)})
	checkSpans(t, string(raw), found)
	var got []string // without the content, which is not ours to keep here
	for _, s := range found {
		f := flat(s)
		got = append(got, strings.Join([]string{string(f.Kind), f.Source, f.Cue, f.Role, f.Body, f.Addressee, f.Date, f.Where, f.Medium, f.Evidence}, "|"))
	}
	want := []string{
		"mixed|Moscow|said||Moscow||2024-12-04|||",
		"direct|Russian Foreign Ministry spokeswoman Maria Zakharova|told|spokeswoman|Russian Foreign Ministry|reporters|2024-12-04|||",
		"mixed|Maria Zakharova|said|spokeswoman|Russian Foreign Ministry|||||",
		"mixed|Russian President Vladimir Putin|told|Russian President||Turkish President Recep Tayyip Erdogan|2024-12-03||phone call|",
		"mixed|Russian President Vladimir Putin|condemned|Russian President|||2024-12-03||phone call|",
		"indirect|the Iranian Embassy|said||Iranian Embassy||||statement|",
		"indirect|Russia|has accused||Russia|||||",
		"indirect|Russia|announced||Russia||2024-W49|||",
		"indirect|Russia’s envoy Vassily Nebenzia|said|envoy|Russia||2024-12-03|United Nations||none_presented",
		"mixed|Vassily Nebenzia|said|envoy|Russia|||||",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
