// Package sloth pins the version of Sloth whose rules the benchmark runs. It is
// a module of its own, because Sloth needs other versions of the same libraries.
package sloth
