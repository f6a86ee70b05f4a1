package mailrelay

import "math"

// The chance of a count. Mails come by chance (Poisson) around a mean that itself is
// uncertain and moody; that is a negative binomial distribution, which for small
// counts stays exact where a normal approximation would cry wolf.

// atMost is the chance of x or fewer where mean are expected, with a variance. A
// variance below the mean is that of chance on a scale on which both are equal.
func atMost(x, mean, variance float64) float64 {
	if scale := variance / mean; scale > 0 && scale < 1 {
		x, mean, variance = x/scale, mean/scale, mean/scale
	}
	return tail(math.Floor(x), mean, variance, -1)
}

// atLeast is the chance of x or more.
func atLeast(x, mean, variance float64) float64 { return tail(math.Ceil(x), mean, variance, +1) }

// tail sums the chances from x away in one direction, until they do not matter.
func tail(x, mean, variance float64, step float64) float64 {
	if mean <= 0 || x < 0 {
		if step > 0 && x > 0 || step < 0 && x < 0 {
			return 0
		}
		return 1
	}
	// On the near side of the mean the other tail is the short one.
	if step < 0 && x >= mean {
		return 1 - tail(x+1, mean, variance, +1)
	}
	if step > 0 && x <= mean {
		if x == 0 {
			return 1
		}
		return 1 - tail(x-1, mean, variance, -1)
	}
	sum := 0.0
	for k := x; k >= 0; k += step {
		p := math.Exp(logChance(k, mean, variance))
		sum += p
		if p <= sum*1e-10 || sum == 0 && math.Abs(k-x) > 50 {
			break
		}
	}
	return min(sum, 1)
}

// logChance is the logarithm of the chance of exactly k.
func logChance(k, mean, variance float64) float64 {
	poisson := k*math.Log(mean) - mean - lgamma(k+1)
	if variance <= mean*(1+1e-9) {
		return poisson
	}
	r := mean * mean / (variance - mean)
	if r > 1e7 {
		return poisson
	}
	return lgamma(k+r) - lgamma(r) - lgamma(k+1) + r*math.Log(r/(r+mean)) + k*math.Log(mean/(r+mean))
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
