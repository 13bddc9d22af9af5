//! The server accepts a request exactly when the file does: every field and query parameter gets values of all kinds,
//! and the server refuses a value if and only if its schema does.

use std::collections::BTreeSet;

use latchkey_tests::openapi::{BASE, Operation, Spec, fault_of, strict};
use latchkey_tests::world::{Device, PROVIDER, Provider, Reply, Tokens, World};
use serde_json::{Map, Value, json};

/// The schema of these fields is wider than what the server accepts, because only a server makes valid values or the
/// clock decides. Other tests cover their valid values.
const VALID_BY_SERVER: [&str; 7] =
    ["as_of", "assertion", "before", "cursor", "refresh_token", "since", "token"];

/// The limits are other tests' concern. Here they would refuse the requests.
const SETTINGS: [(&str, &str); 4] = [
    ("LIMIT_GENERAL", "1000000/15m"),
    ("LIMIT_REFRESH", "1000000/5m"),
    ("LIMIT_LOGIN", "1000000/15m"),
    ("LIMIT_PASSWORD_RESET", "1000000/1h"),
];

/// Sends each request as a new administrator, so that no request depends on the effect of an earlier one.
struct Client {
    world: World,
    /// A provider that may end sessions, and the world that trusts it.
    provider: Provider,
    provider_world: World,
    requests: usize,
    verdicts: BTreeSet<bool>,
    differences: Vec<String>,
}

impl Client {
    async fn sign_in(&mut self) -> (Device, Tokens) {
        self.requests += 1;
        // A global revocation takes effect within eight seconds and covers sign-ins of the last ten.
        self.world.advance(20);
        let user = format!("user-{}", self.requests);
        let assertion = self.world.assertion_with(&user, json!({"scope": "latchkey:admin"}));
        let tokens = Tokens::of(self.world.device().login(&assertion).await.assert_status(201));
        (self.world.device().bearer(&tokens.access), tokens)
    }

    /// The device, and a valid body for each schema of the operation.
    async fn valid_bodies(&mut self, path: &str) -> (Device, Vec<Value>) {
        let (device, tokens) = self.sign_in().await;
        let service = |scope: &str| {
            self.world.device().bearer(&self.world.assertion_with("backend", json!({"scope": scope})))
        };
        match path {
            "/login" => {
                let assertion = self.world.assertion(&format!("new-{}", self.requests));
                (self.world.device(), vec![json!({"assertion": assertion, "delivery": "body"})])
            }
            "/login/attempts" => {
                (service("latchkey:attempts"), vec![json!({"policy": "login", "subject": "bob"})])
            }
            "/refresh" => (self.world.device(), vec![json!({"refresh_token": tokens.refresh})]),
            "/sessions" => (device, vec![json!({"action": "cleanup"})]),
            "/global-token-revocation" => self.revocation_order(),
            "/revoke" => {
                let bodies = vec![
                    json!({"strategy": "current"}),
                    json!({"strategy": "session", "session_id": tokens.session, "user_id": "bob", "reason": "a test"}),
                    json!({"strategy": "others"}),
                    json!({"strategy": "all"}),
                    json!({"strategy": "token", "token": tokens.refresh}),
                    json!({"strategy": "user", "user_id": "bob", "reason": "a test"}),
                    json!({"strategy": "network", "network": "192.0.2.1", "preview": true, "reason": "a test"}),
                    json!({
                        "strategy": "network", "network": "192.0.2.1", "preview": false, "reason": "a test",
                        "as_of": self.world.now().to_rfc3339(),
                    }),
                    json!({"strategy": "everyone", "reason": "a test"}),
                ];
                (device, bodies)
            }
            other => panic!("{other} has a body: add a valid one here"),
        }
    }

    /// An order of an identity provider, with a credential of its own.
    fn revocation_order(&self) -> (Device, Vec<Value>) {
        let header = json!({"alg": "ES256", "kid": "p1", "typ": "global-token-revocation+jwt"});
        let claims = self.provider.claims(&self.provider_world, "provider", json!({}));
        let credential = self.provider.sign(&header, &claims.to_string());
        let subject = json!({"format": "iss_sub", "iss": PROVIDER, "sub": "bob"});
        (self.provider_world.device().bearer(&credential), vec![json!({"sub_id": subject})])
    }

    /// Compares the verdict of the server with the verdict of the schema.
    fn compare(&mut self, name: &str, is_valid: bool, reply: &Reply, request: &str) {
        if is_valid && VALID_BY_SERVER.contains(&name) {
            return;
        }
        self.verdicts.insert(is_valid);
        // An id that no session can have is 404, so any 4xx refuses.
        let is_refused = if is_valid { reply.status == 400 } else { reply.status.is_client_error() };
        if is_refused == is_valid {
            self.differences.push(format!("{request}: {} {}", reply.status, reply.body["detail"]));
        }
    }
}

/// Values of every JSON type, at the boundaries of our schemas.
fn json_values(schema: &Value) -> Vec<Value> {
    let mut values =
        vec![Value::Null, json!(true), json!(0), json!(-1), json!(1.5), json!([]), json!({}), json!(["x"])];
    values.extend(texts(schema).into_iter().map(Value::from));
    values
}

/// Texts around the boundaries of our schemas, and all words and lengths that this schema names.
fn texts(schema: &Value) -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "x",
        "\u{0}",
        "a\nb",
        "\u{85}",
        "0",
        "1",
        "-1",
        "1.5",
        "true",
        "null",
        "192.0.2.1",
        "2001:db8::1",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(["2026-02-30T00:00:00Z", "01930b5e-3c00-7abc-8def-0123456789ab"].map(str::to_owned));
    // In a schema with alternatives the words and lengths are further down.
    let mut open = vec![schema];
    while let Some(part) = open.pop() {
        for word in part["enum"].as_array().into_iter().flatten().chain([&part["const"]]) {
            texts.extend(word.as_str().map(str::to_owned));
            texts.extend(word.as_str().map(str::to_uppercase));
        }
        if let Some(most) = part["maxLength"].as_u64() {
            let most = usize::try_from(most).expect("a length");
            texts.extend([most, most + 1].map(|length| "x".repeat(length)));
        }
        if let Some(most) = part["maximum"].as_i64() {
            texts.extend([most, most + 1].map(|number| number.to_string()));
        }
        open.extend(part["anyOf"].as_array().into_iter().flatten());
    }
    texts
}

/// The schema of the body that has this value of `strategy`, or the only one.
fn schema_for<'s>(spec: &'s Spec, schema: &'s Value, body: &Value) -> &'s Value {
    let schema = spec.resolved(schema);
    let choices = schema["oneOf"].as_array().into_iter().flatten().map(|choice| spec.resolved(choice));
    let strategy = |choice: &&Value| choice["properties"]["strategy"]["const"] == body["strategy"];
    choices.into_iter().find(strategy).unwrap_or(schema)
}

async fn compare_bodies(client: &mut Client, operation: &Operation<'_>, schema: &Value) {
    let spec = Spec::get();
    let whole = strict(spec, schema);
    let kinds = client.valid_bodies(operation.path).await.1.len();
    for kind in 0..kinds {
        let (device, bodies) = client.valid_bodies(operation.path).await;
        // A refusal below must be caused by the changed field, so that the unchanged request has to succeed.
        let path = format!("{BASE}{}", operation.path);
        let unchanged = device.post(&path, bodies[kind].clone()).await;
        let is_unknown_session = bodies[kind]["strategy"] == "session" && unchanged.status == 404;
        assert!(
            unchanged.status.is_success() || is_unknown_session,
            "{path} {}: {}",
            bodies[kind],
            unchanged.body
        );
        let object = strict(spec, schema_for(spec, schema, &bodies[kind]));
        let properties = object["properties"].as_object().expect("the body is an object").clone();
        for (name, property) in &properties {
            let changes = json_values(property).into_iter().map(Some).chain([None]);
            for change in changes {
                let (device, mut bodies) = client.valid_bodies(operation.path).await;
                let mut body: Map<String, Value> =
                    bodies.remove(kind).as_object().expect("an object").clone();
                match change {
                    Some(value) => body.insert(name.clone(), value),
                    None => body.remove(name),
                };
                let body = Value::from(body);
                let is_valid = fault_of(&whole, &body).is_none();
                let reply = device.post(&format!("{BASE}{}", operation.path), body.clone()).await;
                client.compare(name, is_valid, &reply, &format!("POST {} {body}", operation.path));
            }
        }
    }
}

async fn compare_query(client: &mut Client, operation: &Operation<'_>, parameter: &Value) {
    let spec = Spec::get();
    let name = parameter["name"].as_str().expect("a parameter has a name");
    let schema = strict(spec, &parameter["schema"]);
    // The other parameters that the operation requires. A short time keeps the many requests fast.
    let now = client.world.now().to_rfc3339();
    let required = match operation.id {
        "listFleetEvents" if !["from", "to"].contains(&name) => format!("&from={now}"),
        "listSignIns" if name != "network" => "&network=192.0.2.1".to_owned(),
        "searchFleet" if name != "q" => "&q=alice".to_owned(),
        _ => String::new(),
    };
    if parameter["required"] != true {
        let (device, tokens) = client.sign_in().await;
        let path = format!("{BASE}{}?{required}", operation.path.replace("{id}", &tokens.session));
        device.send(operation.method, &path, None, "").await.assert_status(200);
    }
    for text in texts(&schema) {
        let (device, tokens) = client.sign_in().await;
        let number = if schema["type"] == "integer" { text.parse::<i64>().ok() } else { None };
        let is_valid =
            fault_of(&schema, &number.map_or_else(|| Value::from(text.clone()), Value::from)).is_none();
        let path = operation.full_path().replace("{id}", &tokens.session);
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        // An administrator must name the user of a filtered list.
        let is_trail = operation.id == "listEvents" && ["severity", "type"].contains(&name);
        let user = if is_trail { "&user_id=bob" } else { "" };
        let path = format!("{path}?{name}={encoded}{user}{required}");
        let reply = device.send(operation.method, &path, None, "").await;
        client.compare(name, is_valid, &reply, &format!("{} {path} ({text:?})", operation.method));
    }
}

#[tokio::test]
async fn the_server_refuses_exactly_the_values_that_the_file_excludes() {
    let world = World::with(&SETTINGS).await;
    let provider = Provider::generate();
    let provider_world = provider.world(json!({"logout": {"global_revocation": {}}}), &[]).await;
    let mut client = Client {
        world,
        provider,
        provider_world,
        requests: 0,
        verdicts: BTreeSet::new(),
        differences: vec![],
    };
    for operation in Spec::get().operations() {
        if let Some(schema) = operation.json_body() {
            compare_bodies(&mut client, &operation, schema).await;
        }
        for parameter in operation.query_parameters() {
            compare_query(&mut client, &operation, parameter).await;
        }
    }
    assert!(client.differences.is_empty(), "{:#?}", client.differences);
    assert!(client.requests > 500, "only {} requests were compared", client.requests);
    assert_eq!(client.verdicts.len(), 2, "the values are valid and invalid ones");
}
