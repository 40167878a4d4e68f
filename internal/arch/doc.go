// Package arch holds no code: its tests are the house rules of this repository. They read the files of the tree, every
// platform's and every build tag's, and fail when an import, a package comment, a test or a document breaks a rule.
//
// The import rule is the table in imports_test.go. Whoever adds a package adds its line there.
package arch
