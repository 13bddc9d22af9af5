//! Every link of the file works: with values of a real response, the next request succeeds.

use latchkey_tests::openapi::{BASE, Operation, Spec};
use latchkey_tests::world::{Device, Reply, Tokens, World};
use serde_json::{Value, json};

/// A response that has links, what its request was about, and a device that is signed in as the same user.
struct Source {
    device: Device,
    reply: Reply,
    session: String,
}

impl Source {
    /// The response of this operation, in a new world.
    async fn of(operation: &str) -> Self {
        let world = World::new().await;
        let device = world.device();
        let other = device.sign_in("alice").await;
        let login = device.login(&world.assertion("alice")).await;
        let tokens = Tokens::of(&login);
        let own = device.clone().bearer(&tokens.access);
        let session = format!("{BASE}/sessions/{}", other.session);
        let reply = match operation {
            "login" => login,
            "refresh" => device.refresh(&tokens.refresh).await,
            "listSessions" => own.get(&format!("{BASE}/sessions")).await,
            "listEvents" => own.get(&format!("{BASE}/sessions/events?limit=1")).await,
            "getSession" => own.get(&session).await,
            "endSession" => own.delete(&session).await,
            "revoke" => device.revoke(&tokens.access, json!({"strategy": "others"})).await,
            other => panic!("{other} has links: add its request here"),
        };
        assert!(reply.status.is_success(), "{operation}: {}", reply.body);
        Self { device: own, reply, session: other.session }
    }

    /// The value of a runtime expression, or of a constant.
    fn value_of(&self, expression: &Value) -> Value {
        let Some(text) = expression.as_str() else { return expression.clone() };
        if text == "$request.path.id" {
            return json!(self.session);
        }
        let Some(pointer) = text.strip_prefix("$response.body#") else { return expression.clone() };
        self.reply
            .body
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in {}", self.reply.body))
            .clone()
    }

    /// Sends the request that the link describes.
    async fn follow(&self, target: &Operation<'_>, link: &Value) -> Reply {
        let (mut path, mut query) = (format!("{BASE}{}", target.path), vec![]);
        for (name, expression) in link["parameters"].as_object().into_iter().flatten() {
            let value = self.value_of(expression);
            let value = value.as_str().expect("parameters are texts");
            let place = format!("{{{name}}}");
            if path.contains(&place) {
                path = path.replace(&place, value);
            } else {
                query.push(format!("{name}={value}"));
            }
        }
        let path = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let members = link["requestBody"].as_object();
        let body = members.map(|members| {
            members.iter().map(|(name, value)| (name.clone(), self.value_of(value))).collect::<Value>()
        });
        match body {
            None => self.device.send(target.method, &path, None, "").await,
            Some(body) if target.json_body().is_some() => self.device.post(&path, body).await,
            Some(body) => {
                let form = format!("token={}", body["token"].as_str().expect("the form has a token"));
                let media = "application/x-www-form-urlencoded";
                self.device.send(target.method, &path, Some(media), form).await
            }
        }
    }
}

#[tokio::test]
async fn every_link_leads_to_a_request_that_succeeds() {
    let operations = Spec::get().operations();
    let mut followed = 0;
    for operation in &operations {
        for (name, link) in operation.links() {
            let source = Source::of(operation.id).await;
            let target = operations.iter().find(|target| link["operationId"] == target.id);
            let target = target.unwrap_or_else(|| panic!("{} {name}: no such operation", operation.id));
            let reply = source.follow(target, link).await;
            // The session has just ended, so this link leads to 404.
            let expected = if (operation.id, name) == ("endSession", "gone") { 404 } else { 200 };
            assert_eq!(reply.status, expected, "{} {name}: {}", operation.id, reply.body);
            followed += 1;
        }
    }
    assert!(followed >= 19, "only {followed} links were followed");
}
