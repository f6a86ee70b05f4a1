package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "check-dns-records", main) }

func TestScripts(t *testing.T) { scripttest.Run(t, map[string]string{"DNS": serve(t)}) }
