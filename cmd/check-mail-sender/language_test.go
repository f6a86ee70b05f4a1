package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestHelpAndFaultsAreInTheLanguageOfTheLocale(t *testing.T) {
	commandstest.Plugin(t, "check-mail-sender", flagged, run)
	commandstest.Refused(t, run, "-lang fr", `-lang is "fr"; it can be en or ja`, `-lang: "fr" ではなく en または ja を指定してください`)
	commandstest.Refused(t, run, "-domain shop", `domain "shop" is no domain name`, `"shop" は shop.example.com のようなドメイン名ではありません`)
	commandstest.Refused(t, run, "-policy reject", "belong to -domain", "-domain 用です")
	commandstest.Refused(t, run, "-domain example.com -servers a:b:c", `"a:b:c" is no server`, `"a:b:c" はサーバーではありません`)
}
