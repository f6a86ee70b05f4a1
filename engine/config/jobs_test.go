package config

import "testing"

func TestJobsAreComparedByWhatTheySay(t *testing.T) {
	is := Jobs("- job_name: shops # of all\n  basic_auth: {username: u, password: one}\n  static_configs: [{targets: ['a:1']}]\n")
	for text, same := range map[string]bool{
		"[{job_name: shops, basic_auth: {username: u, password: two}, static_configs: [{targets: [\"a:1\"]}]}]":                                                 true,
		"[{job_name: shops, basic_auth: {username: u, password: one}, static_configs: [{targets: [b:1]}]}]":                                                     false,
		"[{job_name: shops, basic_auth: {username: u, password: one}, static_configs: [{targets: [a:1]}], metric_relabel_configs: [{regex: x, action: drop}]}]": false,
	} {
		if (string(Jobs(text).Plain()) == string(is.Plain())) != same {
			t.Errorf("%s\nis %s", text, Jobs(text).Plain())
		}
	}
}
