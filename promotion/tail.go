package promotion

import "gonum.org/v1/gonum/mathext"

// tail is the probability of k successes or more in n tries of probability p.
func tail(k, n, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n:
		return 0
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(k, n-k+1, p)
}
