package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a child of ours. Where we die without a chance to stop it, the kernel kills it: Pdeathsig, set by whoever
// makes the exec.Cmd, which has to be started by the main goroutine.
type process struct {
	name  string
	child *exec.Cmd
	// ended is closed once the child is gone and has been waited for.
	ended chan struct{}
	// log is the path of its output, for a process of the plane.
	log string
}

// start starts a child.
func start(name string, child *exec.Cmd) (*process, error) {
	if err := child.Start(); err != nil {
		return nil, err
	}
	process := &process{name: name, child: child, ended: make(chan struct{})}
	go func() {
		// How it went is read from the state.
		_ = child.Wait()
		close(process.ended)
	}()
	return process, nil
}

// startLogged starts a program of the plane with its output in a file of the folder.
func startLogged(program, folder string, arguments []string) (*process, error) {
	name := filepath.Base(program)
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	child := exec.Command(program, arguments...)
	child.Stdout, child.Stderr = log, log
	// etcd takes flags from the environment, and the others proxies and the cluster they run in.
	child.Env = []string{"HOME=" + folder, "TMPDIR=" + folder}
	// A process group of its own: Ctrl-C reaches the command first, which may still need the plane.
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	process, err := start(name, child)
	if err != nil {
		return nil, fmt.Errorf("%s could not be started, --programs names the folder that holds it: %w", name, err)
	}
	process.log = log.Name()
	return process, nil
}

// hasEnded tells whether the child is gone.
func (process *process) hasEnded() bool {
	select {
	case <-process.ended:
		return true
	default:
		return false
	}
}

// state says how the child ended.
func (process *process) state() *os.ProcessState { return process.child.ProcessState }

// stop asks the child to end, and kills it when its time is over.
func (process *process) stop(patience time.Duration) {
	_ = process.child.Process.Signal(syscall.SIGTERM)
	select {
	case <-process.ended:
	case <-time.After(patience):
		_ = process.child.Process.Kill()
		<-process.ended
	}
}

// tail returns the last lines of the log.
func (process *process) tail(lines int) []byte {
	text, err := os.ReadFile(process.log)
	if err != nil {
		return []byte(err.Error())
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}
