package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheReviewIsReadWithItsDefaults(t *testing.T) {
	c, err := Parse("dir/shopslo.yaml", []byte(least+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r := c.WeeklyReview(); c.Review != nil || r.Zone != time.UTC || r.Language != "" || r.Actions != nil {
		t.Errorf("without a section: %+v", r)
	}
	c, err = Parse("dir/shopslo.yaml", []byte(least+`review:
  timezone: Asia/Tokyo
  language: ja
  actions: [actions/*.yaml]
  link: https://git.example/shop/reviews/{week}.md
  slack: {webhook_file: secrets/slack}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.WeeklyReview()
	if r.Zone.String() != "Asia/Tokyo" || r.Language != "ja" || len(r.Actions) != 1 || r.Slack.Webhook.File != filepath.Join("dir", "secrets/slack") {
		t.Errorf("%+v", r)
	}
}

func TestAReviewThatCannotBeIsRefusedWithAWayOut(t *testing.T) {
	for name, test := range map[string][2]string{
		"a zone that is none":         {"{timezone: Tokyo}", "IANA name, such as Asia/Tokyo"},
		"the machine's own zone":      {"{timezone: Local}", "IANA name"},
		"a language that is none":     {"{language: fr}", "is not one of en, ja"},
		"a link that is none":         {"{link: reviews/x.md}", "address of a page"},
		"a secret in the file":        {"{slack: {webhook: 'https://hooks.example/x'}}", "a secret does not stand in this file"},
		"Slack without a webhook":     {"{slack: {}}", "name the file"},
		"a key that nobody knows":     {"{timezon: Asia/Tokyo}", `did you mean "timezone"`},
		"a secret under another name": {"{slack: {webhook_file: x, url: 'https://hooks.example/x'}}", "the address is a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("shopslo.yaml", []byte(least+"review: "+test[0]+"\n"))
			if err == nil || !strings.Contains(err.Error(), test[1]) || strings.Contains(err.Error(), "hooks.example") {
				t.Errorf("error %v, want one with %q", err, test[1])
			}
		})
	}
}
