// Package ledgertest checks the ledger from outside. It has
//
//   - an Oracle: docs/counting.md turned into plain loops, slow and obvious,
//     that gives counts, flags, coverage and the last sample of any span;
//   - a History: months of scraped samples made from a seed, whose true events
//     are known one by one, with everything that goes wrong in practice
//     (restarts, deploys, gaps, late and invalid samples, hidden resets, clocks
//     that step, old answers, labels that change, sums that drop by a part);
//   - Wild: small heaps of random samples without any truth, for the corners of
//     the rules that no real scrape would reach, and Shrink, which finds the few of
//     them that matter where two programs part;
//   - a Source: the port of the ledger over such samples, in memory, that can
//     be late, unreachable or broken in the middle of an answer.
//
// The oracle was written from docs/counting.md alone and shares no code with the
// ledger. The package is imported by tests only, and does not import the ledger
// itself, so that the ledger's own tests can import it.
//
// All times are Unix milliseconds and all spans are (from, to], as in the rules.
// All counts that a History makes are multiples of 1/8 and stay below 2^50, so
// that float64 sums of them are exact in any order and may be compared with ==.
package ledgertest
