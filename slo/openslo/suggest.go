package openslo

import (
	"fmt"
	"strings"
)

// didYouMean is ` (did you mean "x"?)` where one of the words is near, else
// the list of the words where it is short enough to help.
func didYouMean(word string, among []string) string {
	if near := nearest(word, among); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	if len(among) == 0 {
		return ""
	}
	return "; known here: " + strings.Join(among, ", ")
}

// nearest is the word with the fewest letters to change, or "" where none is
// near: at most a third of the letters, and upper or lower case costs nothing.
func nearest(word string, among []string) string {
	best, bestCost := "", len(word)/3+1
	for _, w := range among {
		if c := distance(strings.ToLower(word), strings.ToLower(w)); c < bestCost {
			best, bestCost = w, c
		}
	}
	return best
}

// distance is Levenshtein's: letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
