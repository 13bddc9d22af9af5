//! The operations that can be sent directly.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BoxError, SdkError};
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::get_item::{GetItem, GetItemError, GetItemOutput};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::query::{Query, QueryError, QueryOutput};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemOutput};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{SharedRequestSerializer, SharedResponseDeserializer};
use aws_smithy_types::config_bag::FrozenLayer;

use crate::store::attempts::{ATTEMPTS, with_attempts};

/// The SDK's serializer and parser of an operation.
#[derive(Debug)]
pub(in crate::store) struct Codec(FrozenLayer);

impl Codec {
    fn of(operation: &impl RuntimePlugin) -> Self {
        Self(operation.config().expect("an operation of the SDK has a configuration"))
    }

    pub(super) fn serializer(&self) -> &SharedRequestSerializer {
        self.0.load::<SharedRequestSerializer>().expect("an operation of the SDK has a serializer")
    }

    pub(super) fn parser(&self) -> &SharedResponseDeserializer {
        self.0.load::<SharedResponseDeserializer>().expect("an operation of the SDK has a parser")
    }
}

/// The codecs of all operations.
#[derive(Debug)]
pub(in crate::store) struct Codecs {
    update_item: Codec,
    get_item: Codec,
    query: Codec,
}

impl Codecs {
    pub(super) fn new() -> Self {
        Self {
            update_item: Codec::of(&UpdateItem::new()),
            get_item: Codec::of(&GetItem::new()),
            query: Codec::of(&Query::new()),
        }
    }
}

/// A call that is ready to be sent.
pub(in crate::store) trait Call: Send + Sync {
    /// The response.
    type Output: Debug + Send + Sync + 'static;
    /// The error of the service.
    type Error: Error + Debug + Send + Sync + 'static;

    /// The SDK's serializer and parser.
    fn codec(codecs: &Codecs) -> &Codec;

    /// A copy of the input.
    fn input(&self) -> Result<Input, BoxError>;

    /// Whether a repetition would get the same error.
    fn is_answer(error: &Self::Error) -> bool;

    /// Sends the call through the SDK, with at most this number of attempts.
    fn send(
        self,
        attempts: u32,
    ) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error, HttpResponse>>> + Send;
}

impl Call for UpdateItemFluentBuilder {
    type Output = UpdateItemOutput;
    type Error = UpdateItemError;

    fn codec(codecs: &Codecs) -> &Codec {
        &codecs.update_item
    }

    fn input(&self) -> Result<Input, BoxError> {
        Ok(Input::erase(self.as_input().clone().build()?))
    }

    fn is_answer(error: &Self::Error) -> bool {
        error.is_conditional_check_failed_exception()
    }

    async fn send(self, attempts: u32) -> Result<Self::Output, SdkError<Self::Error, HttpResponse>> {
        match attempts {
            ATTEMPTS => self.send().await,
            fewer => self.customize().config_override(with_attempts(fewer)).send().await,
        }
    }
}

impl Call for GetItemFluentBuilder {
    type Output = GetItemOutput;
    type Error = GetItemError;

    fn codec(codecs: &Codecs) -> &Codec {
        &codecs.get_item
    }

    fn input(&self) -> Result<Input, BoxError> {
        Ok(Input::erase(self.as_input().clone().build()?))
    }

    fn is_answer(_: &Self::Error) -> bool {
        false
    }

    async fn send(self, attempts: u32) -> Result<Self::Output, SdkError<Self::Error, HttpResponse>> {
        match attempts {
            ATTEMPTS => self.send().await,
            fewer => self.customize().config_override(with_attempts(fewer)).send().await,
        }
    }
}

impl Call for QueryFluentBuilder {
    type Output = QueryOutput;
    type Error = QueryError;

    fn codec(codecs: &Codecs) -> &Codec {
        &codecs.query
    }

    fn input(&self) -> Result<Input, BoxError> {
        Ok(Input::erase(self.as_input().clone().build()?))
    }

    fn is_answer(_: &Self::Error) -> bool {
        false
    }

    async fn send(self, attempts: u32) -> Result<Self::Output, SdkError<Self::Error, HttpResponse>> {
        match attempts {
            ATTEMPTS => self.send().await,
            fewer => self.customize().config_override(with_attempts(fewer)).send().await,
        }
    }
}
