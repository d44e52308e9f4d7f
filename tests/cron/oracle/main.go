// Command cron answers what Kubernetes makes of cron expressions.
//
// Each line on stdin is {"expression", "after", "zones"}; the answer is one line with {"accepted", "error", "fires"}:
// for each zone the next eight fires after the instant, in seconds since 1970 with the offset from UTC.
//
// The environment variable ZONEINFO names the folder with the time zone database.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

type question struct {
	Expression string   `json:"expression"`
	AfterNanos int64    `json:"after_nanos"`
	AfterUnix  int64    `json:"after"`
	Zones      []string `json:"zones"`
}

type fire struct {
	Unix   int64 `json:"unix"`
	Offset int   `json:"offset"`
}

type answer struct {
	Accepted bool     `json:"accepted"`
	Error    string   `json:"error,omitempty"`
	Fires    [][]fire `json:"fires"`
}

// parse is what the API server asks of a new CronJob's schedule.
func parse(expression string) (schedule cron.Schedule, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	schedule, err = cron.ParseStandard(expression)
	if err == nil && strings.Contains(expression, "TZ") {
		err = fmt.Errorf("TZ in the schedule")
	}
	return schedule, err
}

func ask(q question) (answer, error) {
	if _, err := parse(q.Expression); err != nil {
		return answer{Error: err.Error()}, nil
	}
	a := answer{Accepted: true}
	for _, zone := range q.Zones {
		location, err := time.LoadLocation(zone)
		if err != nil {
			return a, err
		}
		// The controller puts timeZone in front of the schedule in this way.
		schedule, err := cron.ParseStandard("TZ=" + zone + " " + q.Expression)
		if err != nil {
			return a, err
		}
		fires := []fire{}
		at := time.Unix(q.AfterUnix, q.AfterNanos).In(location)
		for len(fires) < 8 {
			at = schedule.Next(at)
			if at.IsZero() {
				break
			}
			_, offset := at.Zone()
			fires = append(fires, fire{at.Unix(), offset})
		}
		a.Fires = append(a.Fires, fires)
	}
	return a, nil
}

func main() {
	if os.Getenv("ZONEINFO") == "" {
		fmt.Fprintln(os.Stderr, "ZONEINFO names no time zone database")
		os.Exit(1)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for in.Scan() {
		var q question
		err := json.Unmarshal(in.Bytes(), &q)
		if err == nil {
			var a answer
			if a, err = ask(q); err == nil {
				err = encoder.Encode(a)
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
