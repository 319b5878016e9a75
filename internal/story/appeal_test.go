package story_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/story"
)

// news is what stands above the appeals: its number of lines is how many the
// story must keep.
const news = `The reservoir above Tarn is three quarters full again, the water board said on Tuesday.
“We had rain on nineteen days,” its engineer Olga Weiss told our reporter at the dam.
Farmers in the valley may draw water from Monday.`

func importNews(t *testing.T, tail string) story.Imported {
	t.Helper()
	got, err := story.ImportText([]byte(news+"\n"+strings.TrimSpace(tail)), story.ImportOptions{Title: "Water returns"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAppealFound(t *testing.T) {
	for name, c := range map[string]struct {
		tail string
		want story.AppealDraft
	}{
		"a heading and one paragraph": {
			`Before you go
We are eleven people in two rooms, and our readers pay for all of it. If you value this report, please donate $5 a month.
Donate
No thanks`,
			story.AppealDraft{
				Heading:  "Before you go",
				Body:     []string{"We are eleven people in two rooms, and our readers pay for all of it. If you value this report, please donate $5 a month."},
				Button:   "Donate",
				Prompt:   "No thanks",
				Controls: []string{"Donate", "No thanks"},
			},
		},
		"a salutation, a signature, no dialogue": {
			`Dear subscribers,
This winter our printer raised his price by a third.
Your support keeps us on paper. Give what you can: £3 a month is enough, and you can stop whenever you like.
Thank you,
Mary and Tom, editors`,
			story.AppealDraft{
				Body: []string{
					"Dear subscribers,",
					"This winter our printer raised his price by a third.",
					"Your support keeps us on paper. Give what you can: £3 a month is enough, and you can stop whenever you like.",
					"Thank you,",
				},
				Signature: "Mary and Tom, editors",
			},
		},
		"neither heading nor salutation": {
			`We do not take money from the state or from the mill. We need your help to go on: even a small donation of €2 a month makes a difference. Thank you.
Support us
Monthly
Once
€2
€5
Maybe later
×`,
			story.AppealDraft{
				Body:     []string{"We do not take money from the state or from the mill. We need your help to go on: even a small donation of €2 a month makes a difference. Thank you."},
				Button:   "Support us",
				Prompt:   "Maybe later",
				Controls: []string{"Support us", "Monthly", "Once", "€2", "€5", "Maybe later", "×"},
			},
		},
		"no frame at all": {
			`We have no owner but you. Please support our work: your $2 a month helps us more than you think, and every contribution counts. Thank you for reading us.`,
			story.AppealDraft{
				Body: []string{"We have no owner but you. Please support our work: your $2 a month helps us more than you think, and every contribution counts. Thank you for reading us."},
			},
		},
		"hardly a word, but buttons": {
			`Keep our reporting free
Readers fund this newsroom. Become a member for $7 a month and help us to stay nobody’s.
Join now
Already a member? Sign in`,
			story.AppealDraft{
				Heading:  "Keep our reporting free",
				Body:     []string{"Readers fund this newsroom. Become a member for $7 a month and help us to stay nobody’s."},
				Button:   "Join now",
				Prompt:   "Already a member? Sign in",
				Controls: []string{"Join now", "Already a member? Sign in"},
			},
		},
		"a name below the thanks": {
			`A message from the editor
Dear reader,
On Tuesday the police searched our office and took our cameras.
We go on, but we cannot do it alone: please consider a contribution, from €2 monthly.
Thank you,
The people at the night desk
Contribute
Remind me in May
×`,
			story.AppealDraft{
				Heading: "A message from the editor",
				Body: []string{
					"Dear reader,",
					"On Tuesday the police searched our office and took our cameras.",
					"We go on, but we cannot do it alone: please consider a contribution, from €2 monthly.",
					"Thank you,",
				},
				Signature: "The people at the night desk",
				Button:    "Contribute",
				Remind:    "Remind me in May",
				Controls:  []string{"Contribute", "Remind me in May", "×"},
			},
		},
		"no request for a sum, nobody addressed": {
			`To our readers:
The government has blocked our site. We keep working because of you.
Stand with us. Donate any amount: it is quick, and it matters.
Donate
Maybe later
Close
Your reminder is set. Thank you!`,
			story.AppealDraft{
				Body: []string{
					"To our readers:",
					"The government has blocked our site. We keep working because of you.",
					"Stand with us. Donate any amount: it is quick, and it matters.",
				},
				Button:   "Donate",
				Prompt:   "Maybe later",
				Thanks:   "Your reminder is set. Thank you!",
				Controls: []string{"Donate", "Maybe later", "Close", "Your reminder is set. Thank you!"},
			},
		},
		"Persian": {
			`پیامی از تحریریهٔ ما
خوانندگان گرامی،
ما ده ماه است که بدون دفتر کار می‌کنیم و تنها شما هستید که می‌مانید.
اگر می‌توانید، ماهانه از ما حمایت کنید؛ تنها با ۲ دلار. هر کمکی تفاوت می‌سازد و هر زمان بخواهید متوقف می‌شود.
سپاس که با ما هستید.
ادامه
الان نه
بعداً یادآوری کن
×
یادآوری در ماه آینده
سپاسگزاریم! یادآوری شما تنظیم شد.`,
			story.AppealDraft{
				Heading: "پیامی از تحریریهٔ ما",
				Body: []string{
					"خوانندگان گرامی،",
					"ما ده ماه است که بدون دفتر کار می‌کنیم و تنها شما هستید که می‌مانید.",
					"اگر می‌توانید، ماهانه از ما حمایت کنید؛ تنها با ۲ دلار. هر کمکی تفاوت می‌سازد و هر زمان بخواهید متوقف می‌شود.",
					"سپاس که با ما هستید.",
				},
				Button:   "ادامه",
				Prompt:   "الان نه",
				Remind:   "بعداً یادآوری کن",
				Month:    "یادآوری در ماه آینده",
				Thanks:   "سپاسگزاریم! یادآوری شما تنظیم شد.",
				Controls: []string{"ادامه", "الان نه", "بعداً یادآوری کن", "×", "یادآوری در ماه آینده", "سپاسگزاریم! یادآوری شما تنظیم شد."},
			},
		},
		"Russian": {
			`Обращение редакции
Дорогие читатели!
Нас объявили вне закона, но мы работаем дальше.
Поддержите нас: 2 евро в месяц — это просто, и важен каждый вклад. Спасибо, что вы с нами.
Продолжить
Напомнить позже`,
			story.AppealDraft{
				Heading: "Обращение редакции",
				Body: []string{
					"Дорогие читатели!",
					"Нас объявили вне закона, но мы работаем дальше.",
					"Поддержите нас: 2 евро в месяц — это просто, и важен каждый вклад. Спасибо, что вы с нами.",
				},
				Button:   "Продолжить",
				Remind:   "Напомнить позже",
				Controls: []string{"Продолжить", "Напомнить позже"},
			},
		},
		"German": {
			`In eigener Sache
Wir gehören niemandem außer uns selbst. Wenn Sie können, unterstützen Sie uns mit 5 Euro im Monat, jederzeit kündbar. Vielen Dank.
Weiter
Nicht jetzt`,
			story.AppealDraft{
				Heading:  "In eigener Sache",
				Body:     []string{"Wir gehören niemandem außer uns selbst. Wenn Sie können, unterstützen Sie uns mit 5 Euro im Monat, jederzeit kündbar. Vielen Dank."},
				Button:   "Weiter",
				Prompt:   "Nicht jetzt",
				Controls: []string{"Weiter", "Nicht jetzt"},
			},
		},
		"French": {
			`Un mot de la rédaction
Chers amis,
Nous n’avons ni actionnaire ni publicité. Votre soutien, même petit, fait la différence : à partir de 3 € par mois.
Merci.
Continuer
Plus tard`,
			story.AppealDraft{
				Heading:  "Un mot de la rédaction",
				Body:     []string{"Chers amis,", "Nous n’avons ni actionnaire ni publicité. Votre soutien, même petit, fait la différence : à partir de 3 € par mois.", "Merci."},
				Button:   "Continuer",
				Prompt:   "Plus tard",
				Controls: []string{"Continuer", "Plus tard"},
			},
		},
		"Spanish": {
			`Querida lectora, querido lector:
No tenemos dueño. Nuestro trabajo lo pagas tú: apóyanos con 3 € al mes; cada aporte cuenta y puedes cancelar cuando quieras. Gracias.
Apoyar
Ahora no`,
			story.AppealDraft{
				Body: []string{
					"Querida lectora, querido lector:",
					"No tenemos dueño. Nuestro trabajo lo pagas tú: apóyanos con 3 € al mes; cada aporte cuenta y puedes cancelar cuando quieras. Gracias.",
				},
				Button:   "Apoyar",
				Prompt:   "Ahora no",
				Controls: []string{"Apoyar", "Ahora no"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := importNews(t, c.tail)
			if kept := got.Draft.Body.Text(); kept != strings.ReplaceAll(news, "\n", "\n\n") {
				t.Errorf("the story became %q", kept)
			}
			c.want.Line = 4
			if got.Appeal == nil {
				t.Fatal("no appeal was found")
			}
			if diff := cmp.Diff(c.want, *got.Appeal); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAppealNotFound: what only looks like an appeal is news, to the last line.
func TestAppealNotFound(t *testing.T) {
	for name, tail := range map[string]string{
		"nothing": `The board meets again in May.`,
		"an appeal that is quoted": `The water board’s letter to its customers began: “Dear friends, we need your help. If you can, support us with $5 a month; every contribution makes a difference. Thank you.”
The ministry said it had not read it.`,
		"a quotation over paragraphs to the end": `The charity’s director said on the steps of the town hall:
“Dear friends, we need your help.
“If you can, support us with $5 a month. Every contribution makes a difference to us.
“Thank you for standing with us.”`,
		"a letter printed in full": `The letter of the charity reads in full:
Dear donors,
We need your help this winter. Please support us with €10 a month; every gift helps our work.
Thank you,
The board of the Valley Fund`,
		"a letter printed without salutation": `In its appeal, which it published on Tuesday, the fund wrote:
The winter was long.
The children waited.
We need your help. Please support us with €10 a month; every gift helps us, and you can stop whenever you like. Thank you.`,
		"a campaign in the news": `People can support the valley’s families with a donation of $10 a month, the fund’s director said, and every contribution makes a difference.
The fund thanked donors for their support. “We are grateful to you,” it wrote on its page.`,
		"an appeal in the middle": `Support our work
We need your help. Please donate $5 a month; every contribution helps us. Thank you.
The board said it would publish the figures of all reservoirs in May.
The ministry has asked for them since the summer, a spokesman said.
A decision on the second dam is expected in the autumn.
The mayor of Tarn, who opposes it, will be asked by the council next week.`,
		"a leader that says we": `We must not forget the summer in which our taps ran dry. You remember it, and so do we.
If you can, write to your councillor. We will.`,
		"a call for witnesses": `If you saw the burst pipe, write to us. We protect your name, and our reporters will call you. Thank you.`,
		"how to subscribe to a service": `You can have the board’s warnings on your phone for $1 a month, monthly or yearly, and cancel any time.
Continue
Not now`,
		"a first-person report": `We walked up to the dam with our guide, who asked us to help him. “You can support us,” he joked, “with $5.” We gave him ten, and he said thank you.
The path is steep.`,
		"an editorial with buttons of the site": `We think that the council was right, and that our valley has waited long enough.
You can read our earlier reports on the dam.
Continue
Sign up
Close`,
		"a shop": `The museum’s shop sells prints of the dam for $5. You can support the museum with a gift of your own, and its staff will thank you.
Pay
Other amount
Close`,
		"short last lines": `The sluices open at noon.
Continue to the dam
Thanks to the rain`,
	} {
		t.Run(name, func(t *testing.T) {
			got := importNews(t, tail)
			if got.Appeal != nil {
				t.Errorf("%+v", *got.Appeal)
			}
			if n, want := len(got.Draft.Body.Blocks), strings.Count(news+"\n"+tail, "\n")+1; n != want {
				t.Errorf("%d paragraphs of %d", n, want)
			}
		})
	}
}

// TestAppealIsNeverAll: a file that is nothing but an appeal stays a story.
func TestAppealIsNeverAll(t *testing.T) {
	lines := strings.Split(page, "\n")
	got, err := story.ImportText([]byte(strings.Join(lines[5:], "\n")), story.ImportOptions{Title: "x"})
	if err != nil || len(got.Draft.Body.Blocks) == 0 {
		t.Fatalf("%v: %d paragraphs", err, len(got.Draft.Body.Blocks))
	}
}
