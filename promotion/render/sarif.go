package render

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// The parts of SARIF 2.1.0 (OASIS, sarif-v2.1.0) that code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  string    `json:"helpUri"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"` // whether the gate could tell
		ExitCode   int  `json:"exitCode"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		Index        int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Prints       map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// home is where users read more.
const home = "https://github.com/shopslo/shopslo"

// about says of each check what it asks, for lists of rules.
var about = map[string]string{
	promotion.CheckSource: "Evidence sources are reachable.", promotion.CheckSLO: "At least one SLO applies.", promotion.CheckBudget: "Error budget remains.",
	promotion.CheckBurnRate: "No burn-rate alert is firing.", promotion.CheckCoverage: "Enough of the window has data.", promotion.CheckFreshness: "Samples and figures are recent.",
	promotion.CheckRules:      "SLOs and policy ask for no less than in the last decision that promoted.",
	promotion.CheckRedundancy: "ShopGroups are served in enough FailureDomains.", promotion.CheckSync: "All ShopSets of the lower Tier run the Release and are Healthy.",
	promotion.CheckDrift: "The lower Tier is in sync with git.", promotion.CheckSoak: "The Release has soaked in the lower Tier for the required time.",
	promotion.CheckLoad:    "The Release has carried peak load.",
	promotion.CheckTraffic: "Users still reach the lower Tier, and its targets are live.",
	promotion.CheckSince:   "The Release does not raise the burn rate.", promotion.CheckAlert: "No alert is firing on either Tier, and one could.",
	promotion.CheckImages: "Image references are immutable.", promotion.CheckRelease: "The Release was in every lower Tier and reverts nothing.",
	promotion.CheckRollback: "The Release was not rolled back from the target.",
	promotion.CheckIncident: "No open incident affects either Tier.", promotion.CheckFreeze: "No freeze is active for the target.",
}

// SARIF writes what failed (error), is not known (warning) or is waived
// (suppressed) in SARIF 2.1.0. file is the document that is shown as the place, such as
// shopslo.yaml; version is that of shopslo.
func SARIF(w io.Writer, d promotion.Decision, file, version string) error {
	run := sarifRun{Results: []sarifResult{}, Invocations: []sarifInvocation{{Successful: d.Verdict != promotion.Inconclusive, ExitCode: d.ExitCode()}}}
	run.Tool.Driver = sarifDriver{Name: "shopslo gate", Version: version, URI: home}
	index := map[string]int{}
	for i, name := range promotion.Checks() {
		index[name] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: name, Short: sarifText{about[name]}, Help: home + "/blob/main/docs/gate.md#" + name})
	}
	levels := map[promotion.Result]string{promotion.Fail: "error", promotion.Unknown: "warning", promotion.Waived: "note"}
	for _, c := range d.Checks {
		level, reported := levels[c.Result]
		if !reported {
			continue
		}
		r := sarifResult{Rule: c.Check, Index: index[c.Check], Level: level, Message: sarifText{plain.Message(english.subject(c) + ": " + c.Reason)}}
		r.Prints = map[string]string{"gate/v1": plain.Message(fmt.Sprintf("%s/%s/%s/%s/%s", d.To, c.Check, c.ShopSet, c.SLO, english.subjectTier(c)))}
		place := sarifLocation{Logical: []sarifLogical{{Name: plain.Message(english.subject(c)), Kind: "resource"}}}
		place.Physical.Artifact.URI, place.Physical.Region.StartLine = file, 1
		r.Locations = []sarifLocation{place}
		if c.Result == promotion.Waived {
			r.Suppressions = []sarifSuppression{{Kind: "external", Justification: plain.Message(c.Reason)}}
		}
		run.Results = append(run.Results, r)
	}
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
	data, err := json.MarshalIndent(log, "", "  ")
	if err != nil {
		return fmt.Errorf("write the decision as SARIF: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", plain.JSON(data))
	return err
}
