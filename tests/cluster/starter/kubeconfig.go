package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// Everything is inline, so that a copy of the file works anywhere on this machine.
const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %[3]s
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: test
  context:
    cluster: test
    user: %[3]s
current-context: test
`

// writeKubeconfig writes `USER.kubeconfig` for a user whose certificate is `USER.crt`.
func writeKubeconfig(folder, server, user string) error {
	var inline [3]string
	for i, name := range []string{"ca.crt", user + ".crt", user + ".key"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		inline[i] = base64.StdEncoding.EncodeToString(content)
	}
	text := fmt.Sprintf(kubeconfig, server, inline[0], user, inline[1], inline[2])
	return os.WriteFile(filepath.Join(folder, user+".kubeconfig"), []byte(text), 0o600)
}
