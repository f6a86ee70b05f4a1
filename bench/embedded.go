package main

import (
	"context"
	"errors"

	"github.com/shopslo/shopslo/bench/history"
)

func (b *bench) embedded(ctx context.Context) error {
	_, err := b.overEmbedded(ctx, b.history, b.ticks)
	return err
}

func (b *bench) overEmbedded(ctx context.Context, h *history.History, ticks int) (measured, error) {
	return measured{}, errors.New("not wired")
}

func (b *bench) serve(ctx context.Context) error { return errors.New("not wired") }
