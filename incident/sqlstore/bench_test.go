package sqlstore

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/storetest"
)

// Ten thousand incidents of two hundred events each: far more than a team has in a life.
const manyIncidents, manyEvents = 10_000, 200

// filled writes them in one transaction. One in a hundred is ongoing, and a day lies
// between one and the next.
func filled(b *testing.B, s *Store) {
	b.Helper()
	err := s.transact(b.Context(), true, func(t tx) error {
		event, err := t.tx.Prepare(`INSERT INTO incident_events (incident, seq, event) VALUES (?1, ?2, ?3)`)
		if err != nil {
			return err
		}
		for n := range int64(manyIncidents) {
			i := storetest.Sample(fmt.Sprintf("決済が失敗する %d", n))
			i.ID, i.DetectedAt = idOf(n+1), i.DetectedAt.AddDate(0, 0, int(n)-manyIncidents)
			i.Postmortem = &incident.Postmortem{Summary: "要約", Impact: "影響", Cause: "原因", Resolution: "対応", Actions: []incident.Action{{What: "直す"}, {What: "測る"}}}
			if i.State = incident.Closed; n%100 == 0 {
				i.State = incident.Open
			}
			opened, _ := json.Marshal(i)
			if _, err := t.run(`INSERT INTO incidents (n, key, version, state, ongoing, changed, opened, outline) VALUES ($1, '', $2, '', 0, 0, $3, '')`, n+1, manyEvents, string(opened)); err != nil {
				return err
			}
			for k := range manyEvents {
				e := incident.Event{ID: fmt.Sprint(k), At: i.DetectedAt.Add(time.Duration(k) * time.Minute), By: "mai", Kind: incident.Noted, Text: "再起動したが、エラーは減らない。次に接続プールを見る。"}
				if k%50 == 49 {
					e = incident.Event{ID: fmt.Sprint(k), At: e.At, Kind: incident.Moved, Value: "resolved"}
				}
				i.Timeline = append(i.Timeline, e)
				text, _ := json.Marshal(e)
				if _, err := event.Exec(n+1, k+1, string(text)); err != nil {
					return err
				}
			}
			r, err := rowOf(i)
			if err != nil {
				return err
			}
			if _, err := t.run(`UPDATE incidents SET state = $2, ongoing = $3, changed = $4, outline = $5 WHERE n = $1`,
				n+1, r.state, r.ongoing, r.changed, r.outline); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkTenThousandIncidents(b *testing.B) {
	s := open(b, file(b))
	filled(b, s)
	list := func(since time.Time, want int) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := s.Incidents(b.Context(), since); err != nil || len(got) < want {
					b.Fatal(len(got), err)
				}
			}
		}
	}
	last := storetest.Sample("").DetectedAt
	b.Run("list all", list(time.Time{}, manyIncidents))
	b.Run("list the ongoing ones", list(last.AddDate(1, 0, 0), manyIncidents/100))
	b.Run("list the last week", list(last.AddDate(0, 0, -7), manyIncidents/100))
	b.Run("read one", func(b *testing.B) {
		for b.Loop() {
			if i, err := s.Incident(b.Context(), "inc-5000"); err != nil || len(i.Timeline) != manyEvents {
				b.Fatal(len(i.Timeline), err)
			}
		}
	})
	b.Run("add a note", func(b *testing.B) {
		k := 0
		for b.Loop() {
			k++
			if _, err := s.Change(b.Context(), idOf(int64(k%manyIncidents)+1), func(i incident.Incident) ([]incident.Event, []incident.Job, error) {
				return []incident.Event{{At: last, Kind: incident.Noted, Text: "x"}}, []incident.Job{{Key: fmt.Sprint("job ", k), Kind: "tell"}}, nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("create", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Create(b.Context(), "key", storetest.Sample("x")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("enqueue and claim", func(b *testing.B) {
		k := 0
		for b.Loop() {
			k++
			if err := s.Enqueue(b.Context(), incident.Job{Key: fmt.Sprint("one ", k), Kind: "tell"}); err != nil {
				b.Fatal(err)
			}
			if _, err := s.Claim(b.Context(), last, time.Minute, 5); err != nil {
				b.Fatal(err)
			}
		}
	})
}
