//! The conversion between a session and its row.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::error::StoreError;
use super::schema::*;
use super::user_key::user_key;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::device::{Device, DeviceType};
use crate::domain::id::{SessionId, UserId};
use crate::domain::limit::Window;
use crate::domain::place::Place;
use crate::domain::risk;
use crate::domain::scope::Scope;
use crate::domain::session::Session;
use crate::domain::session::binding::BoundKey;
use crate::domain::session::device_key::{DeviceKey, DevicePoint};
use crate::domain::session::end::{EndReason, PendingEnd};
use crate::domain::session::evidence::KeyHash;
use crate::domain::session::nonce::NonceHash;
use crate::domain::session::refresh_token::KeyTag;
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamMark;

/// A row.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn moment(value: Timestamp) -> AttributeValue {
    number(value.seconds())
}

pub(super) fn session_key(session: &SessionId) -> String {
    format!("S#{session}")
}

/// The row of a session.
pub(super) fn session_item(session: &Session, expiry_shards: u16) -> Item {
    let mut item = Item::from([
        (PK.into(), text(user_key(&session.user))),
        (SK.into(), text(session_key(&session.id))),
        (CREATED.into(), moment(session.created_at)),
        (ACTIVITY.into(), moment(session.last_activity)),
        (EXPIRES.into(), moment(session.expires_at)),
        (ABSOLUTE.into(), moment(session.absolute_expires_at)),
        (GENERATION.into(), number(session.generation)),
        (ROTATED.into(), moment(session.rotated_at)),
        (NONCE_HASH.into(), AttributeValue::B(Blob::new(session.nonce_hash.as_bytes()))),
        (KEY_TAG.into(), text(session.key.as_str())),
        (WINDOW_START.into(), moment(session.window.start)),
        (WINDOW_COUNT.into(), number(session.window.count)),
        (ASSERTED.into(), moment(session.asserted_at)),
        (TTL.into(), moment(session.expires_at + TTL_BACKSTOP)),
        (BUCKET.into(), text(Bucket::of_session(&session.id, session.expires_at, expiry_shards).to_string())),
    ]);
    let scope = Some(session.scope.as_str()).filter(|scope| !scope.is_empty()).map(text);
    let optional = [
        (BLOCKED, session.blocked_until.map(moment)),
        (RECORDED_REPLAY, session.recorded_replay.map(number)),
        (BOUND_KEY, session.bound_key.map(bound_key)),
        (DEVICE_KEY, session.device_key.map(|key| device_point(&key.point))),
        (DEVICE_KEY_CONFIRMED, session.is_device_bound().then_some(AttributeValue::Bool(true))),
        (AUTH_TIME, session.auth_time.map(moment)),
        (UPSTREAM, session.upstream.map(|mark| AttributeValue::B(Blob::new(mark.as_bytes())))),
        (SCOPE, scope),
        (FINDINGS, (!session.findings.is_empty()).then(|| text(risk::encode_findings(&session.findings)))),
    ];
    let pending_end = session.pending_end.iter().flat_map(pending_end_attributes);
    let made_by =
        MADE_BY_SLOTS.into_iter().zip(session.made_by.map(|key| key.map(|key| key_hash(Some(key)))));
    let optional = optional.into_iter().chain(made_by);
    for (name, value) in optional.chain(pending_end).chain(client_attributes(&session.client)) {
        if let Some(value) = value {
            item.insert(name.into(), value);
        }
    }
    item
}

/// The attributes of the keys that made the last three generations, newest first.
pub(super) const MADE_BY_SLOTS: [&str; 3] = [MADE_BY, MADE_BY_BEFORE, MADE_BY_BEFORE_THAT];

/// The hash of a key in a row. An empty value stands for a generation that was made without a key, because an expression
/// cannot leave an attribute out.
pub(super) fn key_hash(key: Option<KeyHash>) -> AttributeValue {
    AttributeValue::B(Blob::new(key.map(|key| key.as_bytes().to_vec()).unwrap_or_default()))
}

pub(super) fn bound_key(key: BoundKey) -> AttributeValue {
    AttributeValue::B(Blob::new(key.as_bytes()))
}

pub(super) fn device_point(point: &DevicePoint) -> AttributeValue {
    AttributeValue::B(Blob::new(point.as_bytes()))
}

/// The attributes of a pending end.
pub(super) fn pending_end_attributes(end: &PendingEnd) -> [(&'static str, Option<AttributeValue>); 4] {
    [
        (PENDING_END, Some(text(end.reason.as_str()))),
        (PENDING_END_BY, Some(text(end.by.encode()))),
        (PENDING_END_NOTE, end.note.clone().map(text)),
        (PENDING_END_AT, Some(moment(end.at))),
    ]
}

/// The attributes of the client context; `None` for an absent attribute.
pub(super) fn client_attributes(client: &ClientContext) -> [(&'static str, Option<AttributeValue>); 4] {
    let place = (!client.place.is_unknown()).then(|| text(client.place.pack()));
    [
        (IP, client.ip.map(text_of)),
        (AGENT, client.agent.clone().map(text)),
        (DEVICE, (client.device != Device::default()).then(|| pack_device(&client.device))),
        (PLACE, place),
    ]
}

fn text_of(value: impl ToString) -> AttributeValue {
    text(value.to_string())
}

/// Parses a row of this user's session. Attributes that a newer version added are ignored.
///
/// # Errors
/// The first attribute that is missing or malformed.
pub(super) fn session_of(item: &Item, user: &UserId) -> Result<Session, StoreError> {
    let id = string(item, SK)?.strip_prefix("S#").and_then(|id| id.parse().ok());
    let hash: [u8; 32] =
        bytes(item, NONCE_HASH)?.try_into().map_err(|_| StoreError::Malformed(NONCE_HASH))?;
    Ok(Session {
        user: user.clone(),
        id: id.ok_or(StoreError::Malformed(SK))?,
        created_at: timestamp(item, CREATED)?,
        last_activity: timestamp(item, ACTIVITY)?,
        expires_at: timestamp(item, EXPIRES)?,
        absolute_expires_at: timestamp(item, ABSOLUTE)?,
        generation: integer(item, GENERATION)?,
        rotated_at: timestamp(item, ROTATED)?,
        nonce_hash: NonceHash::from_bytes(hash),
        key: KeyTag::parse(string(item, KEY_TAG)?).ok_or(StoreError::Malformed(KEY_TAG))?,
        made_by: made_by(item)?,
        bound_key: bound_key_of(item)?,
        device_key: device_key_of(item)?,
        recorded_replay: item
            .contains_key(RECORDED_REPLAY)
            .then(|| integer(item, RECORDED_REPLAY))
            .transpose()?,
        window: Window { start: timestamp(item, WINDOW_START)?, count: integer(item, WINDOW_COUNT)? },
        blocked_until: may_be_at(item, BLOCKED)?,
        pending_end: pending_end(item)?,
        client: client_context(item),
        findings: optional(item, FINDINGS).map(risk::decode_findings).unwrap_or_default(),
        auth_time: auth_time(item)?,
        upstream: upstream(item),
        asserted_at: timestamp(item, if item.contains_key(ASSERTED) { ASSERTED } else { CREATED })?,
        scope: Scope::of(optional(item, SCOPE).unwrap_or_default().split(' ')),
    })
}

fn made_by(item: &Item) -> Result<[Option<KeyHash>; 3], StoreError> {
    let mut keys = [None; 3];
    for (key, name) in keys.iter_mut().zip(MADE_BY_SLOTS) {
        if item.contains_key(name) {
            let value = bytes(item, name)?;
            let hash = value.try_into().map(KeyHash::from_bytes);
            *key = if value.is_empty() { None } else { Some(hash.map_err(|_| StoreError::Malformed(name))?) };
        }
    }
    Ok(keys)
}

/// The key that the session is bound to. A malformed one is an error, because the session must not count as unbound.
fn bound_key_of(item: &Item) -> Result<Option<BoundKey>, StoreError> {
    if !item.contains_key(BOUND_KEY) {
        return Ok(None);
    }
    let key = bytes(item, BOUND_KEY)?.try_into().map_err(|_| StoreError::Malformed(BOUND_KEY))?;
    Ok(Some(BoundKey::from_bytes(key)))
}

/// The device key. A malformed one is an error, because the session must not count as unbound.
fn device_key_of(item: &Item) -> Result<Option<DeviceKey>, StoreError> {
    let is_confirmed = item.contains_key(DEVICE_KEY_CONFIRMED);
    if !is_confirmed && !item.contains_key(DEVICE_KEY) {
        return Ok(None);
    }
    let point = bytes(item, DEVICE_KEY)?.try_into().map_err(|_| StoreError::Malformed(DEVICE_KEY))?;
    Ok(Some(DeviceKey { point: DevicePoint::from_bytes(point), is_confirmed }))
}

/// The time of the authentication. Older rows have 0 for an unknown time.
fn auth_time(item: &Item) -> Result<Option<Timestamp>, StoreError> {
    Ok(may_be_at(item, AUTH_TIME)?.filter(|at| at.seconds() > 0))
}

/// The session at the identity provider. A malformed one counts as unknown, so that an order that names the user ends the session.
fn upstream(item: &Item) -> Option<UpstreamMark> {
    let bytes = bytes(item, UPSTREAM).ok()?.try_into().ok()?;
    Some(UpstreamMark::from_bytes(bytes))
}

/// The pending end. An unknown reason counts as an end as well, because a newer version may have new reasons.
fn pending_end(item: &Item) -> Result<Option<PendingEnd>, StoreError> {
    if !item.contains_key(PENDING_END) {
        return Ok(None);
    }
    let reason = EndReason::parse(string(item, PENDING_END)?).unwrap_or(EndReason::Admin);
    let by = optional(item, PENDING_END_BY).and_then(Actor::decode).unwrap_or_default();
    let note = optional(item, PENDING_END_NOTE).map(str::to_owned);
    let at = timestamp(item, if item.contains_key(PENDING_END_AT) { PENDING_END_AT } else { ACTIVITY })?;
    Ok(Some(PendingEnd { note, ..PendingEnd::new(reason, by, at) }))
}

fn client_context(item: &Item) -> ClientContext {
    ClientContext {
        ip: optional(item, IP).and_then(|ip| ip.parse().ok()),
        agent: optional(item, AGENT).map(str::to_owned),
        device: item.get(DEVICE).map(unpack_device).unwrap_or_default(),
        place: optional(item, PLACE).map(Place::unpack).unwrap_or_default(),
    }
}

/// A device as a list of short texts: kind, name, browser, version, system, version.
pub(super) fn pack_device(device: &Device) -> AttributeValue {
    let part = |value: &Option<String>| text(value.clone().unwrap_or_default());
    AttributeValue::L(vec![
        text(device.kind.as_str()),
        part(&device.name),
        part(&device.browser),
        part(&device.browser_version),
        part(&device.os),
        part(&device.os_version),
    ])
}

pub(super) fn unpack_device(value: &AttributeValue) -> Device {
    let list = value.as_l().map(Vec::as_slice).unwrap_or_default();
    let part = |index: usize| {
        list.get(index).and_then(|value| value.as_s().ok()).filter(|text| !text.is_empty()).cloned()
    };
    Device {
        kind: part(0).and_then(|kind| kind.parse().ok()).unwrap_or(DeviceType::Unknown),
        name: part(1),
        browser: part(2),
        browser_version: part(3),
        os: part(4),
        os_version: part(5),
    }
}

pub(super) fn optional<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

pub(super) fn string<'i>(item: &'i Item, name: &'static str) -> Result<&'i str, StoreError> {
    optional(item, name).ok_or(StoreError::Malformed(name))
}

pub(super) fn integer<T: std::str::FromStr>(item: &Item, name: &'static str) -> Result<T, StoreError> {
    let digits = item.get(name).and_then(|value| value.as_n().ok());
    digits.and_then(|digits| digits.parse().ok()).ok_or(StoreError::Malformed(name))
}

pub(super) fn timestamp(item: &Item, name: &'static str) -> Result<Timestamp, StoreError> {
    integer(item, name).map(Timestamp::from_seconds)
}

/// A moment; `None` for an absent attribute.
pub(super) fn may_be_at(item: &Item, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
    item.contains_key(name).then(|| timestamp(item, name)).transpose()
}

pub(super) fn bytes<'i>(item: &'i Item, name: &'static str) -> Result<&'i [u8], StoreError> {
    let blob = item.get(name).and_then(|value| value.as_b().ok());
    blob.map(|blob| blob.as_ref()).ok_or(StoreError::Malformed(name))
}

#[cfg(test)]
mod tests;
