package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
)

const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// crd is what we read of a custom resource definition.
type crd struct {
	Metadata struct{ Name string }
	Spec     struct {
		Group    string
		Versions []struct {
			Name   string
			Served bool
		}
	}
	Status struct {
		Conditions []struct{ Type, Status string }
	}
}

// documentEnd stands between two documents of a YAML stream.
var documentEnd = regexp.MustCompile(`(?m)^---$`)

// install creates all definitions of some files in the fresh cluster, and returns how many.
func (api *api) install(ctx context.Context, server string, files []string) (int, error) {
	count := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		for _, document := range documentEnd.Split(string(text), -1) {
			if !strings.Contains(document, "kind:") {
				continue
			}
			if err := api.request(ctx, http.MethodPost, server+crdPath, []byte(document), nil); err != nil {
				return 0, err
			}
			count++
		}
	}
	return count, nil
}

// established fails until every definition is established and clients can discover every version that it serves.
func (api *api) established(ctx context.Context, server string) error {
	var list struct{ Items []crd }
	if err := api.get(ctx, server+crdPath, &list); err != nil {
		return err
	}
	var groups struct {
		Groups []struct {
			Name     string
			Versions []struct{ Version string }
		}
	}
	if err := api.get(ctx, server+"/apis", &groups); err != nil {
		return err
	}
	discovered := map[string]bool{}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			discovered[group.Name+"/"+version.Version] = true
		}
	}
	for _, crd := range list.Items {
		isEstablished := false
		for _, condition := range crd.Status.Conditions {
			isEstablished = isEstablished || condition.Type == "Established" && condition.Status == "True"
		}
		if !isEstablished {
			return fmt.Errorf("%s is not established", crd.Metadata.Name)
		}
		for _, version := range crd.Spec.Versions {
			if name := crd.Spec.Group + "/" + version.Name; version.Served && !discovered[name] {
				return fmt.Errorf("%s is not discovered", name)
			}
		}
	}
	return nil
}
