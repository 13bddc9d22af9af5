//! Generates random stories. Waits are often close to a boundary, and there are few sessions, so that steps collide.

use latchkey_local::dev_controls::faults::FaultKind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::steps::{
    Agent, ENDLESS, From, GET, How, Keys, Op, Pick, QUERY, Script, TRANSACT, Trouble, UPDATE,
};

const DAY: i64 = 86_400;

/// Stories of every kind.
pub(crate) fn scripts(ops: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Script> {
    vec(op(), ops).prop_map(Script)
}

/// Stories with many concurrent requests.
pub(crate) fn crowded_scripts() -> impl Strategy<Value = Script> {
    let op = prop_oneof![
        2 => sign_in_burst(),
        3 => burst(),
        1 => race(),
        1 => wait(),
    ];
    vec(op, 3..=10).prop_map(Script)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => sign_in(),
        2 => repeat(),
        1 => sign_in_burst(),
        12 => refresh(),
        2 => theft(),
        4 => retry(),
        3 => burst(),
        1 => (0..6_usize, 2..=22_usize).prop_map(|(session, times)| Op::Rush { session, times }),
        1 => (0..6_usize, 2..=7_usize).prop_map(|(session, times)| Op::Linger { session, times }),
        3 => sign_out(),
        1 => race(),
        6 => wait(),
        1 => (-60..=-1_i64).prop_map(Op::Wait),
    ]
}

fn sign_in() -> impl Strategy<Value = Op> {
    let age = prop_oneof![6 => Just(0), 2 => select(vec![9_i64, 10, 11, 12, 70, 299, 300])];
    (user(), from(), age, prop::bool::weighted(0.1), trouble(&[QUERY, TRANSACT]))
        .prop_map(|(user, from, age, lost, trouble)| Op::SignIn { user, from, age, lost, trouble })
}

fn repeat() -> impl Strategy<Value = Op> {
    (0..8_usize, from(), trouble(&[QUERY, TRANSACT])).prop_map(|(assertion, from, trouble)| Op::Repeat {
        assertion,
        from,
        trouble,
    })
}

fn sign_in_burst() -> impl Strategy<Value = Op> {
    (user(), 2..=7_usize, any::<bool>(), brief(&[QUERY, TRANSACT]))
        .prop_map(|(user, copies, same, trouble)| Op::SignInBurst { user, copies, same, trouble })
}

fn refresh() -> impl Strategy<Value = Op> {
    (pick(), from(), prop::bool::weighted(0.2), trouble(&[UPDATE, UPDATE, UPDATE, TRANSACT, GET]))
        .prop_map(|(token, from, lost, trouble)| Op::Refresh { token, from, lost, trouble })
}

/// A refresh with an older token. The store may fail while it ends the session.
fn theft() -> impl Strategy<Value = Op> {
    let token = (0..6_usize, 1..5_usize).prop_map(|(session, back)| Pick { session, back });
    (token, from(), trouble(&[TRANSACT, TRANSACT, UPDATE])).prop_map(|(token, from, trouble)| Op::Refresh {
        token,
        from,
        lost: false,
        trouble,
    })
}

fn retry() -> impl Strategy<Value = Op> {
    let seconds = prop_oneof![2 => 0..=12_i64, 2 => 59..=61_i64, 1 => -60..=-1_i64];
    (pick(), from(), from(), seconds, trouble(&[UPDATE]))
        .prop_map(|(token, from, again, seconds, trouble)| Op::Retry { token, from, again, seconds, trouble })
}

fn burst() -> impl Strategy<Value = Op> {
    (pick(), from(), 2..=6_usize, brief(&[UPDATE, UPDATE, TRANSACT]))
        .prop_map(|(token, from, copies, trouble)| Op::Burst { token, from, copies, trouble })
}

fn race() -> impl Strategy<Value = Op> {
    (0..6_usize, 1..=3_usize, brief(&[UPDATE, TRANSACT])).prop_map(|(session, copies, trouble)| Op::Race {
        session,
        copies,
        trouble,
    })
}

fn sign_out() -> impl Strategy<Value = Op> {
    let how = prop_oneof![
        2 => Just(How::Current),
        1 => (0..4_usize).prop_map(How::CurrentByRefresh),
        2 => (0..8_usize).prop_map(How::Session),
        1 => Just(How::Others),
        1 => Just(How::All),
    ];
    let endless = Just(Trouble { operation: TRANSACT, faults: vec![FaultKind::Conflict; ENDLESS] });
    let trouble = prop_oneof![30 => trouble(&[QUERY, GET, TRANSACT, TRANSACT]), 1 => endless];
    (0..6_usize, how, trouble).prop_map(|(session, how, trouble)| Op::SignOut { session, how, trouble })
}

/// Times around the boundaries: grace with and without keys, window, key, late retry, block, access token, idle limit, absolute end.
fn wait() -> impl Strategy<Value = Op> {
    let around = |second: i64| (second - 1..=second + 1).boxed();
    prop_oneof![
        4 => 1..=20_i64,
        2 => around(10),
        5 => around(60),
        2 => around(300),
        2 => around(600),
        2 => around(900),
        1 => around(3_600),
        1 => around(DAY),
        1 => DAY..=6 * DAY,
        1 => around(7 * DAY),
        1 => select(vec![8 * DAY, 30 * DAY - 1, 30 * DAY]),
    ]
    .prop_map(Op::Wait)
}

fn user() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0), 1 => Just(1)]
}

/// Mostly the newest token, otherwise an older one. There are few sessions, so that steps collide.
fn pick() -> impl Strategy<Value = Pick> {
    (0..6_usize, prop_oneof![5 => Just(0), 2 => Just(1), 1 => 2..5_usize])
        .prop_map(|(session, back)| Pick { session, back })
}

fn from() -> impl Strategy<Value = From> {
    let agent = prop_oneof![
        8 => Just(Agent::Chrome),
        1 => Just(Agent::ChromeUpdated),
        2 => Just(Agent::Firefox),
        1 => Just(Agent::Nameless),
    ];
    (agent, prop::bool::weighted(0.2), keys()).prop_map(|(agent, moved, keys)| From { agent, moved, keys })
}

fn keys() -> impl Strategy<Value = Keys> {
    prop_oneof![
        4 => Just(Keys::None),
        4 => Just(Keys::Fresh),
        1 => Just(Keys::Forgetful),
        2 => (0..4_usize).prop_map(Keys::Made),
        1 => (0..4_usize).prop_map(Keys::After),
    ]
}

fn no_faults() -> impl Strategy<Value = Trouble> {
    Just(Trouble { operation: UPDATE, faults: vec![] })
}

fn trouble(operations: &[&'static str]) -> impl Strategy<Value = Trouble> + use<> {
    prop_oneof![7 => no_faults(), 2 => faults(operations, 1..=2), 1 => faults(operations, 3..=3)]
}

/// Too few faults to make a call fail, but enough to let another call run between two attempts.
fn brief(operations: &[&'static str]) -> impl Strategy<Value = Trouble> + use<> {
    prop_oneof![1 => no_faults(), 2 => faults(operations, 1..=2)]
}

fn faults(
    operations: &[&'static str],
    count: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = Trouble> + use<> {
    use FaultKind::{Conflict, Error500, Throttle, TimeoutAfterCommit, TimeoutBefore};
    let kind =
        select(vec![TimeoutAfterCommit, TimeoutAfterCommit, TimeoutBefore, Throttle, Conflict, Error500]);
    (select(operations.to_vec()), vec(kind, count)).prop_map(|(operation, mut faults)| {
        // A conflict does not count as a failed attempt, because the caller starts the transaction again. To keep the
        // model simple, either all faults of a transaction are conflicts or none is.
        if operation == TRANSACT && faults.contains(&Conflict) {
            faults.fill(Conflict);
        }
        // A read cannot conflict.
        if operation == QUERY || operation == GET {
            faults.iter_mut().filter(|kind| **kind == Conflict).for_each(|kind| *kind = Throttle);
        }
        Trouble { operation, faults }
    })
}
