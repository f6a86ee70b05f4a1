package shopslo

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/shopslo/shopslo/engine/releases"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/server"
)

// largestRelease bounds what a client may say of a release.
const largestRelease = 1 << 20

// addRelease answers POST /api/v1/releases: a deploy job says that a release has come. The
// gate goes by that, so who says so has to have given a password.
func (s *service) addRelease(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		server.WriteError(w, http.StatusUnsupportedMediaType, errors.New("send the release as application/json"))
		return
	}
	if err := checkParameters(r); err != nil {
		server.WriteError(w, http.StatusBadRequest, err)
		return
	}
	who := s.asker(r)
	if who.User == "" {
		server.WriteError(w, http.StatusForbidden, errors.New("this server asks for no password, so anybody could say that a release has come; start it with --web.config.file that names users"))
		return
	}
	if !s.admit(w, r) {
		return
	}
	var said releases.Said
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestRelease))
	d.DisallowUnknownFields()
	err := d.Decode(&said)
	if err == nil && d.More() {
		err = errors.New("there is more behind it; send one release at a time")
	}
	if err != nil {
		server.WriteError(w, http.StatusBadRequest, fmt.Errorf("the release cannot be read: %w", err))
		return
	}
	who.By, said.By = said.By, who.User
	if who.By != "" && who.By != who.User {
		said.By = who.String()
	}
	added, err := releases.Add(r.Context(), s.keeper.current().Docs, said, s.Host.Now())
	var wrong *usage.Error
	switch {
	case errors.As(err, &wrong):
		server.WriteError(w, http.StatusBadRequest, err)
		return
	case err != nil:
		s.Log.Error("a release could not be written down", "err", err)
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	data, err := json.Marshal(added)
	if err != nil {
		server.WriteError(w, http.StatusInternalServerError, err)
		return
	}
	write(w, data)
}
