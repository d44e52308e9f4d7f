package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopped is why everything has to end before the command has.
type stopped struct{ signal syscall.Signal }

func (stop stopped) Error() string { return "stopped: " + stop.signal.String() }

// stopStatus returns the exit status for a context of [untilStopped] that has ended.
func stopStatus(ctx context.Context) (status int, isStopped bool) {
	stop, isStopped := context.Cause(ctx).(stopped)
	return 128 + int(stop.signal), isStopped
}

// untilStopped returns a context that ends with a signal, or once the process that started us is gone. A broken pipe counts
// as well: nobody reads us any longer.
func untilStopped() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	parent := os.Getppid()
	go func() {
		for {
			select {
			case received := <-signals:
				cancel(stopped{received.(syscall.Signal)})
			case <-time.After(500 * time.Millisecond):
				// An orphan gets another parent.
				if os.Getppid() != parent {
					cancel(stopped{syscall.SIGHUP})
				}
			}
		}
	}()
	return ctx
}
