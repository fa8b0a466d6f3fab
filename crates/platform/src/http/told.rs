//! What other people's programs are told by us, for the API document: its `webhooks`.

use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        Components, Content, HttpMethod, Paths, Ref, RefOr, Required, Schema,
        path::{Operation, OperationBuilder, PathItem, PathsBuilder},
        path::{ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Type},
    },
};

type Schemas = Vec<(String, RefOr<Schema>)>;

/// One kind of message that is sent, and what its receiver answers.
#[derive(Clone)]
pub struct Told {
    name: &'static str,
    summary: &'static str,
    body: RefOr<Schema>,
    example: Value,
    headers: Vec<(&'static str, &'static str)>,
    answers: Vec<(&'static str, &'static str, Option<RefOr<Schema>>)>,
    schemas: Vec<fn(&mut Schemas)>,
}

impl Told {
    pub fn of<T: ToSchema>(name: &'static str, summary: &'static str, example: Value) -> Self {
        let mut told = Self {
            name,
            summary,
            body: Ref::from_schema_name(T::name()).into(),
            example,
            headers: Vec::new(),
            answers: Vec::new(),
            schemas: Vec::new(),
        };
        told.knows::<T>();
        told
    }

    /// A header that comes with it, and what it says.
    #[must_use]
    pub fn with(mut self, header: &'static str, says: &'static str) -> Self {
        self.headers.push((header, says));
        self
    }

    /// What a status of the answer means.
    #[must_use]
    pub fn answered(mut self, status: &'static str, means: &'static str) -> Self {
        self.answers.push((status, means, None));
        self
    }

    /// The same of an answer with a body.
    #[must_use]
    pub fn answered_with<T: ToSchema>(mut self, status: &'static str, means: &'static str) -> Self {
        self.answers.push((status, means, Some(Ref::from_schema_name(T::name()).into())));
        self.knows::<T>();
        self
    }

    fn knows<T: ToSchema>(&mut self) {
        self.schemas.push(|schemas| {
            T::schemas(schemas);
            schemas.push((T::name().into_owned(), T::schema()));
        });
    }

    fn operation(&self) -> Operation {
        let content = Content::builder().schema(Some(self.body.clone())).example(Some(self.example.clone())).build();
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        let mut operation = OperationBuilder::new()
            .operation_id(Some(format!("told_{}", self.name.replace('.', "_"))))
            .summary(Some(self.summary))
            .request_body(Some(body.build()));
        for (name, says) in &self.headers {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let parameter =
                ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Header).required(Required::True);
            operation = operation.parameter(parameter.description(Some(*says)).schema(Some(text)).build());
        }
        for (status, means, schema) in &self.answers {
            let mut response = ResponseBuilder::new().description(*means);
            if let Some(schema) = schema {
                response = response.content("application/json", Content::new(Some(schema.clone())));
            }
            operation = operation.response(*status, response.build());
        }
        operation.build()
    }
}

/// All of them by their names; none: there are none.
pub(super) fn webhooks(told: &[Told], components: &mut Components) -> Option<Paths> {
    let mut paths = PathsBuilder::new();
    for one in told {
        paths = paths.path(one.name, PathItem::new(HttpMethod::Post, one.operation()));
        let mut schemas = Vec::new();
        one.schemas.iter().for_each(|make| make(&mut schemas));
        components.schemas.extend(schemas);
    }
    (!told.is_empty()).then(|| paths.build())
}
