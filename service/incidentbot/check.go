package incidentbot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/shopslo/shopslo/incident/slackbot"
)

// Check writes a line for each thing that is as it should be, or is not: the settings, the
// store, and what Slack knows. It changes nothing in Slack.
func Check(ctx context.Context, a Around, config string, out io.Writer) error {
	s, err := Load(config)
	if err != nil {
		return err
	}
	chosen, err := s.bot()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ok    settings %s: %d Tiers, %d ShopSets\n", config, len(chosen.Tiers), len(chosen.ShopSets))
	client, _, err := a.client(s)
	_, _, bad := a.tokens(s)
	if err := errors.Join(err, bad); err != nil {
		return err
	}
	store, err := a.openStore(ctx, s)
	if err != nil {
		return err
	}
	defer store.Close()
	fmt.Fprintln(out, "ok    store")
	bot, err := slackbot.New(slackbot.Options{Client: client, Store: store, Settings: chosen, Now: a.Now})
	if err != nil {
		return err
	}
	wrong, silent := 0, 0
	who, err := a.suspects(s)
	if err != nil {
		return err
	}
	if who != nil {
		for _, f := range who.check(ctx) {
			if f.Err == nil {
				fmt.Fprintf(out, "ok    %s\n", f.What)
				continue
			}
			wrong++
			fmt.Fprintf(out, "FAIL  %s: %v\n", f.What, f.Err)
		}
	}
	for _, f := range bot.Check(ctx) {
		if f.Err == nil {
			fmt.Fprintf(out, "ok    %s\n", f.What)
			continue
		}
		if wrong++; f.Silent {
			silent++
		}
		fmt.Fprintf(out, "FAIL  %s: %v\n", f.What, f.Err)
	}
	if silent == wrong && wrong > 0 {
		return Failed{errors.New("no answer from Slack, so its state is unknown")}
	}
	if wrong > 0 {
		return No{fmt.Errorf("needs fixing: %d", wrong)}
	}
	return nil
}
