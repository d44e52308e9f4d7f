// Command goyaml tells what sigs.k8s.io/yaml makes of YAML texts, as kubectl uses it.
//
// It reads one JSON string (a text) a line from standard input and answers with one JSON line:
//
//	{"documents": [JSON, ...], "duplicates": false, "error": null | "yaml: ..."}
//
// A text is split at lines of `---`, as kubectl does before it parses.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v2"

	"sigs.k8s.io/yaml"
)

type answer struct {
	Documents  []json.RawMessage `json:"documents"`
	Duplicates bool              `json:"duplicates"`
	Error      *string           `json:"error"`
}

// split cuts a stream at the lines that hold `---` and at most a comment.
func split(text string) []string {
	var documents []string
	var current strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		if rest, found := strings.CutPrefix(line, "---"); found {
			rest = strings.TrimSpace(rest)
			if rest == "" || rest[0] == '#' {
				if current.Len() > 0 {
					documents = append(documents, current.String())
					current.Reset()
				}
			}
		}
		current.WriteString(line)
	}
	if current.Len() > 0 {
		documents = append(documents, current.String())
	}
	return documents
}

// collides tells whether two keys of one mapping have the same text as JSON keys.
func collides(value interface{}) bool {
	found := false
	switch value := value.(type) {
	case map[interface{}]interface{}:
		seen := map[string]bool{}
		for key, inner := range value {
			text := fmt.Sprint(key)
			if number, isFloat := key.(float64); isFloat {
				text = strconv.FormatFloat(number, 'g', -1, 32)
			}
			found = found || seen[text] || collides(inner)
			seen[text] = true
		}
	case []interface{}:
		for _, inner := range value {
			found = found || collides(inner)
		}
	}
	return found
}

func read(text string) (result answer) {
	result.Documents = []json.RawMessage{}
	defer func() {
		if fault := recover(); fault != nil {
			message := fmt.Sprint("panic: ", fault)
			result.Error = &message
		}
	}()
	for _, document := range split(text) {
		read, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			message := err.Error()
			result.Error = &message
			return result
		}
		if _, err := yaml.YAMLToJSONStrict([]byte(document)); err != nil && strings.Contains(err.Error(), "already set in map") {
			result.Duplicates = true
		}
		var value interface{}
		if goyaml.Unmarshal([]byte(document), &value) == nil && collides(value) {
			result.Duplicates = true
		}
		result.Documents = append(result.Documents, read)
	}
	return result
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	for input.Scan() {
		var text string
		if err := json.Unmarshal(input.Bytes(), &text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := output.Encode(read(text)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
