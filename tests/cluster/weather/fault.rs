//! What may happen to one request.

use super::passage::Running;
use super::proxy::Deed;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    TooManyRequests,
    TooManyRequestsForASecond,
    InternalError,
    Unavailable,
    DoneAndInternalError,
    DoneAndUnavailable,
    ResetBefore,
    ResetAfter,
    ResetWithinTheAnswer,
    Stall,
    DoneAndStall,
    DoneTooLate,
    KilledBefore,
    KilledAfter,
}

impl Fault {
    pub(super) const ALL: [Fault; 14] = [
        Fault::TooManyRequests,
        Fault::TooManyRequestsForASecond,
        Fault::InternalError,
        Fault::Unavailable,
        Fault::DoneAndInternalError,
        Fault::DoneAndUnavailable,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::ResetWithinTheAnswer,
        Fault::Stall,
        Fault::DoneAndStall,
        Fault::DoneTooLate,
        Fault::KilledBefore,
        Fault::KilledAfter,
    ];

    /// Returns whether the program is ended by it.
    pub(super) fn kills(self) -> bool {
        matches!(self, Fault::KilledBefore | Fault::KilledAfter)
    }

    /// Returns how long the program may wait for an answer. Only a request that is held up has to be given up soon: all
    /// others would meet another fault where the machine is busy.
    pub(super) fn request_timeout(self) -> &'static str {
        match self {
            Fault::Stall | Fault::DoneAndStall | Fault::DoneTooLate | Fault::TooManyRequestsForASecond => "1s",
            _ => "10s",
        }
    }

    /// Returns what becomes of the request.
    pub(super) fn deed(self, program: &Running) -> Deed {
        match self {
            Fault::TooManyRequests => Deed::Answer(429, None),
            Fault::TooManyRequestsForASecond => Deed::Answer(429, Some(1)),
            Fault::InternalError => Deed::Answer(500, None),
            Fault::Unavailable => Deed::Answer(503, None),
            Fault::DoneAndInternalError => Deed::Lose(500),
            Fault::DoneAndUnavailable => Deed::Lose(503),
            Fault::ResetBefore => Deed::ResetBefore,
            Fault::ResetAfter => Deed::ResetAfter,
            Fault::ResetWithinTheAnswer => Deed::ResetWithin,
            Fault::Stall => Deed::Stall,
            Fault::DoneAndStall => Deed::StallAfter,
            Fault::DoneTooLate => Deed::Late,
            Fault::KilledBefore => {
                program.kill();
                Deed::ResetBefore
            }
            Fault::KilledAfter => {
                let program = program.clone();
                Deed::Then(Box::new(move || program.kill()))
            }
        }
    }
}
