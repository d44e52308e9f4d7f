//! The processes of a plugin: what it has started goes when it is given up, or the program ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// Those that run now: Ctrl-C in a terminal does not reach them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// The group of processes that a plugin leads.
pub(super) struct Group(Option<Pid>);

impl Group {
    /// Lets a program lead a group of its own; it cannot ask at the terminal then.
    pub(super) fn lead(command: &mut Command) {
        command.process_group(0);
    }

    /// Watches over the group that a program leads.
    pub(super) fn of(leader: &Child) -> Group {
        let pid = leader.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        running().extend(pid);
        Group(pid)
    }

    /// Lets the group be: the plugin has ended, and what it has left behind is its own affair.
    pub(super) fn leave(mut self) {
        let pid = self.0.take();
        running().retain(|one| Some(*one) != pid);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(pid) = self.0 else { return };
        end(pid);
        running().retain(|one| *one != pid);
    }
}

/// Ends the plugins that run, because the program ends without coming back to them.
pub(crate) fn end_all() {
    running().iter().copied().for_each(end);
}

fn end(group: Pid) {
    // It may have ended meanwhile.
    let _ = kill_process_group(group, Signal::KILL);
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
