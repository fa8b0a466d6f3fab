//! What follows from what a seller's system answered, and when a failed try is made again.

use kernel::Timestamp;
use platform::outgoing::NoAnswer;
use policy::SellerCalls;
use production::{Answer, AppInfo, Info, ResultCode, Trouble};

use super::{Errand, ErrandKind, ErrandState};

/// What follows from an answer.
#[derive(Clone, Debug)]
pub(crate) enum After {
    /// The instance is there, under this name, perhaps with the way in.
    Created {
        errand: Errand,
        remote: String,
        access: Option<AppInfo>,
    },
    /// It is known how its buyer gets in; none: the seller tells the buyer otherwise.
    Told {
        errand: Errand,
        access: Option<AppInfo>,
    },
    /// A question about another specification is over: what was answered, or why there is no answer.
    Answered {
        errand: Errand,
        came: Result<(), Trouble>,
    },
    Done(Errand),
    Again(Errand),
    GivenUp(Errand),
}

/// When a failed try is made again: the pauses of a creation, and of everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses<'p> {
    pub(crate) create_minutes: &'p [u32],
    pub(crate) calls: SellerCalls,
    /// How long a question waits for its answer.
    pub(crate) check_minutes: u32,
}

/// Whether a seller's system said one of these.
fn says(came: &Result<Answer, Trouble>, codes: &[ResultCode]) -> bool {
    let said = came.as_ref().err().and_then(Trouble::reason);
    said.is_some_and(|said| codes.contains(&said))
}

fn minutes(count: u32) -> i64 {
    i64::from(count) * 60
}

impl Errand {
    /// Decides what follows from what came.
    pub(crate) fn after(self, came: Result<Answer, Trouble>, pauses: Pauses<'_>, now: Timestamp) -> After {
        match (self.kind, self.state) {
            (ErrandKind::Create, ErrandState::Waiting) => self.after_poll(came, pauses, now),
            (ErrandKind::Create, ErrandState::Due | ErrandState::Done | ErrandState::Dead | ErrandState::Dropped) => {
                match came {
                    Ok(Answer { processing, instance: Some(remote), .. }) if processing => {
                        let at = now.plus_seconds(minutes(pauses.calls.poll_minutes));
                        After::Again(Self { state: ErrandState::Waiting, remote: Some(remote), due_at: at, ..self })
                    }
                    Ok(Answer { instance: Some(remote), info, .. }) => {
                        let access = info.into_iter().find(|info| info.instance == remote).and_then(|info| info.access);
                        After::Created { errand: self.ended(ErrandState::Done, now), remote, access }
                    }
                    Ok(Answer { instance: None, .. }) => self.failed(Trouble::NoInstanceId, pauses, now),
                    Err(trouble) => self.failed(trouble, pauses, now),
                }
            }
            (ErrandKind::Access, _) => match came {
                // What was told before is not lost to it.
                Ok(Answer { unread: true, .. }) => self.failed(Trouble::Encryption, pauses, now),
                Ok(answer) => match self.found(answer) {
                    Some(info) => After::Told { errand: self.ended(ErrandState::Done, now), access: info.access },
                    None => self.failed(Trouble::NotReady, pauses, now),
                },
                Err(trouble) => self.failed(trouble, pauses, now),
            },
            // Whatever else it has made, what was bought is the one that it named first.
            (ErrandKind::Accept, _) => match came {
                Ok(Answer { instance: Some(named), .. }) if self.remote.as_ref() != Some(&named) => {
                    self.failed(Trouble::OtherInstance, pauses, now)
                }
                Ok(_) => After::Done(self.ended(ErrandState::Done, now)),
                Err(trouble) => self.failed(trouble, pauses, now),
            },
            // It is asked once: its buyer waits, and asks again.
            (ErrandKind::Check, _) => self.answered(came.map(drop), now),
            // What is not there, or not any more, needs no release.
            (ErrandKind::Release, _) if says(&came, &[ResultCode::NoInstance]) => {
                After::Done(self.ended(ErrandState::Done, now))
            }
            (
                ErrandKind::Notify
                | ErrandKind::Refresh
                | ErrandKind::Convert
                | ErrandKind::Upgrade
                | ErrandKind::Freeze
                | ErrandKind::Unfreeze
                | ErrandKind::Release,
                _,
            ) => match came {
                Ok(_) => After::Done(self.ended(ErrandState::Done, now)),
                Err(trouble) => self.failed(trouble, pauses, now),
            },
        }
    }

    fn answered(self, came: Result<(), Trouble>, now: Timestamp) -> After {
        let asked = Self { tries: self.tries + 1, trouble: came.as_ref().err().cloned(), ..self };
        After::Answered { errand: asked.ended(ErrandState::Done, now), came }
    }

    /// What an answer says of this instance.
    fn found(&self, answer: Answer) -> Option<Info> {
        let remote = self.remote.as_deref()?;
        answer.info.into_iter().find(|info| info.instance == remote)
    }

    /// A creation that was accepted is asked for until it is there or the time of the tries is over.
    fn after_poll(self, came: Result<Answer, Trouble>, pauses: Pauses<'_>, now: Timestamp) -> After {
        let refused = came.as_ref().is_err_and(Trouble::is_final);
        // Still in the making.
        let making = !refused && says(&came, &[ResultCode::NoInstance, ResultCode::Processing]);
        let trouble = match came {
            Ok(answer) => match (self.found(answer), self.remote.clone()) {
                (Some(info), Some(remote)) => {
                    let errand = self.ended(ErrandState::Done, now);
                    return After::Created { errand, remote, access: info.access };
                }
                (Some(_) | None, _) => Trouble::NotReady,
            },
            Err(_) if making => Trouble::NotReady,
            Err(other) => other,
        };
        let at = now.plus_seconds(minutes(pauses.calls.poll_minutes));
        let late = at > self.deadline(pauses) || refused;
        let next = Self { trouble: Some(trouble), ..self };
        if late {
            After::GivenUp(next.ended(ErrandState::Dead, now))
        } else {
            After::Again(Self { due_at: at, ..next })
        }
    }

    /// When what was paid for has to be done: its tries take so long, however often its seller restarts it in between.
    fn deadline(&self, pauses: Pauses<'_>) -> Timestamp {
        let whole = pauses.create_minutes.iter().map(|pause| minutes(*pause)).sum();
        self.opened_at.plus_seconds(whole)
    }

    /// The seller's system rests or is busy until `at`: that is no try, but what was paid for does not wait for ever.
    pub(crate) fn put_off(self, at: Timestamp, pauses: Pauses<'_>, now: Timestamp) -> After {
        if self.kind.is_paid() && now >= self.deadline(pauses) {
            let trouble = self.trouble.clone().or(Some(Trouble::NoAnswer(NoAnswer::Unreachable)));
            return After::GivenUp(Self { trouble, ..self }.ended(ErrandState::Dead, now));
        }
        let last = self.opened_at.plus_seconds(minutes(pauses.check_minutes));
        if self.kind == ErrandKind::Check && at >= last {
            return self.answered(Err(Trouble::NoAnswer(NoAnswer::Unreachable)), now);
        }
        After::Again(Self { due_at: at, ..self })
    }

    fn failed(self, trouble: Trouble, pauses: Pauses<'_>, now: Timestamp) -> After {
        let at = match self.kind {
            _ if trouble.is_final() => None,
            ErrandKind::Create | ErrandKind::Upgrade => {
                let (tries, deadline) = (usize::try_from(self.tries).unwrap_or(usize::MAX), self.deadline(pauses));
                let pause = pauses.create_minutes.get(tries).or(pauses.create_minutes.last());
                pause.filter(|_| now < deadline).map(|pause| now.plus_seconds(minutes(*pause)).min(deadline))
            }
            // Nobody asks a second time by itself.
            ErrandKind::Check => None,
            ErrandKind::Notify
            | ErrandKind::Accept
            | ErrandKind::Access
            | ErrandKind::Refresh
            | ErrandKind::Convert
            | ErrandKind::Freeze
            | ErrandKind::Unfreeze
            | ErrandKind::Release => {
                let left = self.tries + 1 < pauses.calls.tries;
                left.then(|| now.plus_seconds(minutes(pauses.calls.pause_minutes)))
            }
        };
        let next = Self { tries: self.tries + 1, trouble: Some(trouble), ..self };
        match at {
            Some(at) => After::Again(Self { due_at: at, ..next }),
            None => After::GivenUp(next.ended(ErrandState::Dead, now)),
        }
    }

    /// The seller gave another order the same name: as if it had been refused.
    pub(crate) fn taken(self, pauses: Pauses<'_>, now: Timestamp) -> After {
        let open = Self { state: ErrandState::Due, remote: None, ended_at: None, ..self };
        open.failed(Trouble::InstanceTaken, pauses, now)
    }
}
