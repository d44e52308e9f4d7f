//! What every command does that talks to a cluster: connects, shows how far it is, and ends at once on Ctrl-C.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant as Tick, MissedTickBehavior, interval_at};

use super::count;
use crate::apply::interrupt::Interrupt;
use crate::cli;
use crate::cluster::{Access, Cluster, plugin};
use crate::config::value_error::quoted;
use crate::error::Error;
use crate::terminal::Terminal;

/// How long nothing is said before the line of progress appears.
const SILENCE: Duration = Duration::from_secs(2);

/// The time between two looks at how far it is.
const UPDATE: Duration = Duration::from_secs(1);

/// What a shell reports of a program that Ctrl-C has ended: 128 and the number of SIGINT.
pub(super) const INTERRUPTED: u8 = 130;

/// Runs `work` with a connection to the cluster, whose context has to be among `contexts` if there are any.
///
/// What there is to print of it is printed afterwards: meanwhile a line of progress may stand there.
pub fn with_cluster<T>(
    terminal: Terminal,
    args: &cli::Cluster,
    contexts: &[String],
    work: impl AsyncFnOnce(&Cluster, &Interrupt) -> Result<T, Error>,
) -> Result<T, Error> {
    let interrupt = Arc::new(Interrupt::default());
    end_on_interrupt(terminal, Arc::clone(&interrupt));
    let access = Access {
        kubeconfig: args.kubeconfig.as_deref(),
        context: args.context.as_deref(),
        contexts,
        request_timeout: args.request_timeout.to_std(),
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let result = runtime.block_on(async {
        let started = Instant::now();
        // What takes so long is a credential plugin. It may be asking something, so that nothing is erased or said twice.
        let mut is_told = !terminal.has_progress();
        let tell = || {
            if !std::mem::replace(&mut is_told, true) {
                terminal.status("\nwaiting for the credential plugin of the kubeconfig");
            }
        };
        let mut cluster = telling(Cluster::connect(&access), tell).await?;
        let context = cluster.context().map(|name| format!(", context {}", quoted(name))).unwrap_or_default();
        terminal.detail(1, &format!("cluster `{}`{context}, user {}", cluster.server(), quoted(&cluster.user())));
        if terminal.shows_details(2) {
            cluster.listen(move |exchange| terminal.detail(2, &exchange.to_string()));
        }
        let tell = || terminal.progress(&cluster.progress().to_string());
        let result = telling(work(&cluster, &interrupt), tell).await;
        terminal.end_progress();
        let took = started.elapsed().as_secs_f64();
        terminal.detail(1, &format!("{} in {took:.2} s", count(cluster.requests(), "request")));
        result
    });
    // A name that is still being looked up must not hold the program back.
    runtime.shutdown_background();
    result
}

/// Does some work, and tells of it again and again once it has been silent for long.
async fn telling<T>(work: impl Future<Output = T>, mut tell: impl FnMut()) -> T {
    let mut work = pin!(work);
    let mut updates = interval_at(Tick::now() + SILENCE, UPDATE);
    updates.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            result = &mut work => break result,
            _ = updates.tick() => tell(),
        }
    }
}

/// Ends the program on Ctrl-C or SIGTERM, from a thread of its own: work that computes would not look. Work that writes is
/// asked to come to its end; the second time, it is ended, too.
fn end_on_interrupt(terminal: Terminal, interrupt: Arc<Interrupt>) {
    let interrupted = move || -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let mut ends = signal(SignalKind::interrupt())?;
            let mut terminates = signal(SignalKind::terminate())?;
            loop {
                tokio::select! {
                    _ = ends.recv() => {}
                    _ = terminates.recv() => {}
                }
                terminal.end_progress();
                if !interrupt.is_guarded() || interrupt.is_wanted() {
                    plugin::end_all();
                    std::process::exit(INTERRUPTED.into());
                }
                interrupt.interrupt();
                terminal.status("ending after what is under way; once more ends it at once");
            }
        })
    };
    // Without the thread, Ctrl-C ends the program as it does any other.
    let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(interrupted);
}
