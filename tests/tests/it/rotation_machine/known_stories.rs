//! Stories that random generation finds too seldom. They run every time.

use latchkey_local::dev_controls::faults::FaultKind;

use super::machine::AT_HOME;
use super::steps::{ENDLESS, From, How, Op, Pick, Script, TRANSACT, Trouble};

const NEWEST: Pick = Pick { session: 0, back: 0 };
const PREVIOUS: Pick = Pick { session: 0, back: 1 };

/// A sign-out whose transaction is never committed, then requests of all clients.
pub(crate) fn contended_sign_out() -> Script {
    let endless = Trouble { operation: TRANSACT, faults: vec![FaultKind::Conflict; ENDLESS] };
    let sign_out = |how, trouble| Op::SignOut { session: 0, how, trouble };
    Script(vec![
        sign_in(),
        refresh(NEWEST),
        sign_out(How::Current, endless),
        refresh(NEWEST),
        refresh(PREVIOUS),
        sign_in(),
        sign_out(How::All, Trouble::none()),
    ])
}

/// Two of many sign-ins are retried after a timeout, when the others have finished.
pub(crate) fn retried_sign_ins() -> Script {
    let trouble = Trouble { operation: TRANSACT, faults: vec![FaultKind::TimeoutBefore; 2] };
    Script(vec![sign_in(), Op::SignInBurst { user: 0, copies: 7, same: false, trouble }])
}

/// A session that is refreshed until half an hour before its absolute end, and then at that end.
pub(crate) fn whole_lifetime() -> Script {
    Script(vec![sign_in(), Op::Linger { session: 0, times: 7 }])
}

/// Retries of a lost response while the session is blocked, and after the clock was set back.
pub(crate) fn late_retries() -> Script {
    let retry = |seconds| Op::Retry {
        token: NEWEST,
        from: AT_HOME,
        again: AT_HOME,
        seconds,
        trouble: Trouble::none(),
    };
    Script(vec![
        sign_in(),
        retry(60),
        retry(-60),
        Op::Rush { session: 0, times: 30 },
        refresh(PREVIOUS),
        Op::Wait(-30),
        refresh(PREVIOUS),
        Op::Wait(900 + 30),
        refresh(NEWEST),
    ])
}

/// Two sessions expire, two sign-ins take their places, and a clock that is behind refreshes an expired one.
pub(crate) fn expired_on_one_clock() -> Script {
    let oldest = Pick { session: 2, back: 0 };
    Script(vec![
        sign_in(),
        sign_in(),
        Op::Wait(7 * 86_400),
        sign_in(),
        sign_in(),
        Op::Wait(-2),
        refresh(oldest),
    ])
}

/// A session expires, the user signs out everywhere, and a clock that is behind refreshes the expired session.
pub(crate) fn signed_out_on_one_clock() -> Script {
    let expired = Pick { session: 1, back: 0 };
    let everywhere = Op::SignOut { session: 0, how: How::All, trouble: Trouble::none() };
    Script(vec![
        sign_in(),
        Op::Wait(7 * 86_400 - 30),
        sign_in(),
        Op::Wait(30),
        everywhere,
        Op::Wait(-2),
        refresh(expired),
    ])
}

fn sign_in() -> Op {
    Op::SignIn { user: 0, from: AT_HOME, age: 0, lost: false, trouble: Trouble::none() }
}

fn refresh(token: Pick) -> Op {
    let from = From { moved: true, ..AT_HOME };
    Op::Refresh { token, from, lost: false, trouble: Trouble::none() }
}
