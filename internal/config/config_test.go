package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/config"
)

func good() config.Config {
	return config.Config{
		Data: "d", Listen: "127.0.0.1:8080", LogLevel: "info",
		Newsroom: config.Newsroom{Name: "N", Languages: []string{"en"}, Zone: "UTC", WorkingDays: []string{"mon"}, Accent: "#112233"},
		Support:  config.Support{Currencies: []string{"USD"}, Descriptor: "TNR MEDIA"},
		Mail:     config.Mail{From: "n@example.org", TLS: "starttls"},
		Stripe:   config.Stripe{API: "https://api.stripe.com"},
	}
}

func TestCheckNamesEachFault(t *testing.T) {
	c := good()
	if p := c.Check(); len(p) != 0 {
		t.Fatal(p)
	}
	for option, spoil := range map[string]func(*config.Config){
		"listen":                 func(c *config.Config) { c.Listen = "nowhere" },
		"base-url":               func(c *config.Config) { c.BaseURL = "news.example" },
		"database":               func(c *config.Config) { c.Database = "mysql://x" },
		"countries":              func(c *config.Config) { c.Countries = "/no/such/file" },
		"proxies":                func(c *config.Config) { c.Proxies = "10.0.0.0/99" },
		"log-level":              func(c *config.Config) { c.LogLevel = "loud" },
		"newsroom.zone":          func(c *config.Config) { c.Newsroom.Zone = "Mars/North" },
		"newsroom.languages":     func(c *config.Config) { c.Newsroom.Languages = []string{"English"} },
		"newsroom.working-days":  func(c *config.Config) { c.Newsroom.WorkingDays = []string{"someday"} },
		"newsroom.accent":        func(c *config.Config) { c.Newsroom.Accent = "red" },
		"newsroom.sections":      func(c *config.Config) { c.Newsroom.Sections = map[string]string{"City": "x"} },
		"support.descriptor":     func(c *config.Config) { c.Support.Descriptor = "Новости" },
		"mail.from":              func(c *config.Config) { c.Mail.From = "nobody" },
		"mail.server":            func(c *config.Config) { c.Mail.Server = "mail.example.org:25"; c.Mail.TLS = "none" },
		"mail.dkim-domain":       func(c *config.Config) { c.Mail.DKIMDomain = "example.org" },
		"stripe.api":             func(c *config.Config) { c.Stripe.API = "http://api.example.org" },
		"stripe.webhook-secrets": func(c *config.Config) { c.Stripe.Key = "sk" },
	} {
		c := good()
		spoil(&c)
		p := c.Check()
		if len(p) != 1 || p[0].Option != option || p[0].Message == "" {
			t.Errorf("%s: got %v", option, p)
		}
	}
}

func TestFileKeepsLines(t *testing.T) {
	file, problems := config.ReadFile(`data = "there"
# a comment = no option
[newsroom]
name = "The Name"
languages = ["en", "fa"]
nmae = "slip"
sections = { city.en = "City", city.fa = "شهر" }

[mail]
server = "mail.example.org:587"
port = 5
`)
	want := config.File{
		"data":               {Text: "there", Line: 1},
		"newsroom-name":      {Text: "The Name", Line: 4},
		"newsroom-languages": {Text: "en,fa", Line: 5},
		"newsroom-sections":  {Text: "city.en=City;city.fa=شهر", Line: 7},
		"mail-server":        {Text: "mail.example.org:587", Line: 10},
	}
	if diff := cmp.Diff(want, file); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 2 || problems[0].Line != 6 || !strings.Contains(problems[0].Message, "newsroom-name") || problems[1].Line != 11 {
		t.Errorf("problems: %v", problems)
	}
	if _, p := config.ReadFile("data = \"x\"\nlisten = = 3\n"); len(p) != 1 || p[0].Line != 2 {
		t.Errorf("a syntax error: %v", p)
	}
}

func TestShowMasksSecrets(t *testing.T) {
	c := good()
	c.Database, c.Mail.Password, c.Stripe.Key = "postgres://u:secret@h/d", "secret", "secret"
	c.Stripe.Webhooks = []string{"secret"}
	shown := config.Show(c.Options())
	if strings.Contains(shown, "secret@") || strings.Contains(shown, `"secret"`) || !strings.Contains(shown, "[mail]") {
		t.Fatal(shown)
	}
	names := map[string]bool{}
	for _, o := range c.Options() {
		if names[o.Env] || o.Help == "" || !strings.HasPrefix(o.Env, "MIMEO_") {
			t.Errorf("option %+v", o)
		}
		names[o.Env] = true
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add("a = 1\n[b]\nc = [\"x\"]\n")
	f.Add("[newsroom]\nsections = {a.en=\"x\"}\n")
	f.Fuzz(func(t *testing.T, raw string) {
		_, problems := config.ReadFile(raw)
		for _, p := range problems {
			if p.Message == "" {
				t.Fatal("a problem without words")
			}
		}
	})
}
