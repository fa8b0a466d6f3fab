//! Routes that describe themselves: one line gives a path its handler and its place in the API document.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    handler::Handler,
    routing::{MethodRouter, delete, get, patch, post, put},
};
use kernel::choices;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Components, Content, HttpMethod, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required,
        Schema,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

use super::{
    document::join_tags,
    once::TRIES,
    problem::Said,
    told::{Told, webhooks},
};

choices! {
    /// Who may call a route at all; what a role within an account may do is decided by the action.
    pub enum Access {
        Public = "public",
        SignedIn = "signed in",
        Buyer = "buyer",
        Seller = "seller",
        Operator = "operator",
    }
}

type Schemas = Vec<(String, RefOr<Schema>)>;

/// What a route does, for the API document.
#[derive(Clone)]
pub struct Op {
    summary: &'static str,
    access: Access,
    body: Option<RefOr<Schema>>,
    answer: (u16, Option<RefOr<Schema>>),
    parameters: Vec<Parameter>,
    /// They are made when the document is asked for, not when the server starts.
    schemas: Vec<fn(&mut Schemas)>,
    content_type: &'static str,
    refusal: Option<RefOr<Schema>>,
    edits: bool,
    tries: u32,
}

impl Op {
    /// A short sentence in the imperative: `Accept a quote`.
    pub fn does(access: Access, summary: &'static str) -> Self {
        Self {
            summary,
            access,
            body: None,
            answer: (204, None),
            parameters: Vec::new(),
            schemas: Vec::new(),
            content_type: "application/json",
            refusal: None,
            edits: false,
            tries: TRIES,
        }
    }

    #[must_use]
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(self.refer::<T>());
        self
    }

    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.answer = (status, Some(self.refer::<T>()));
        self
    }

    /// An answer that is not JSON.
    #[must_use]
    pub fn gives_text(mut self, content_type: &'static str) -> Self {
        self.answer = (200, Some(ObjectBuilder::new().schema_type(Type::String).into()));
        self.content_type = content_type;
        self
    }

    /// Refusals have a JSON form of their own; what is refused before the route is reached stays a problem.
    #[must_use]
    pub fn refuses<T: ToSchema>(mut self) -> Self {
        self.refusal = Some(self.refer::<T>());
        self
    }

    /// The action itself tries again what met another transaction; the request need not be kept for that.
    #[must_use]
    pub fn tries_by_itself(mut self) -> Self {
        self.tries = 1;
        self
    }

    #[must_use]
    pub fn query<T: IntoParams>(mut self) -> Self {
        self.parameters.extend(T::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// The route is an edit and wants the version it was made from.
    #[must_use]
    pub fn if_match(mut self) -> Self {
        let header = header("if-match", "The ETag of the version that is edited").required(Required::True);
        self.parameters.push(header.build());
        self.edits = true;
        self
    }

    fn refer<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push(|schemas| {
            T::schemas(schemas);
            schemas.push((T::name().into_owned(), T::schema()));
        });
        Ref::from_schema_name(T::name()).into()
    }
}

/// One route as the document and the access test see it.
#[derive(Clone)]
pub struct Described {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    op: Op,
}

impl Described {
    /// How often a request is tried whose transaction met another one.
    pub fn tries(&self) -> u32 {
        self.op.tries
    }
}

/// One route for people: a page that is read, or a form that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
}

/// The routes of one or more capabilities: those of programs and those of people, which have layers of their own.
#[derive(Default)]
pub struct Routes {
    router: Router,
    pages: Router,
    described: Vec<Described>,
    faces: Vec<Face>,
    told: Vec<Told>,
}

/// Routes whose handlers share a state.
pub struct RoutesOf<S> {
    router: Router<S>,
    pages: Router<S>,
    described: Vec<Described>,
    faces: Vec<Face>,
    state: S,
}

macro_rules! verbs {
    ($($verb:ident = $method:literal),+) => {$(
        #[must_use]
        pub fn $verb<H, T>(self, path: &'static str, handler: H, op: Op) -> Self
        where
            H: Handler<T, S>,
            T: 'static,
        {
            self.add($method, path, $verb(handler), op)
        }
    )+};
}

impl<S: Clone + Send + Sync + 'static> RoutesOf<S> {
    verbs!(get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE");

    fn add(mut self, method: &'static str, path: &'static str, handler: MethodRouter<S>, op: Op) -> Self {
        self.router = self.router.route(path, handler);
        self.described.push(Described { method, path, access: op.access, op });
        self
    }

    /// A page. Every page is listed, so that the tests of the pages cannot forget one.
    #[must_use]
    pub fn page<H, T>(self, path: &'static str, handler: H, access: Access) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.face("GET", path, get(handler), access)
    }

    /// What a page's form is sent to.
    #[must_use]
    pub fn form<H, T>(self, path: &'static str, handler: H, access: Access) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.face("POST", path, post(handler), access)
    }

    fn face(mut self, method: &'static str, path: &'static str, handler: MethodRouter<S>, access: Access) -> Self {
        self.pages = self.pages.route(path, handler);
        self.faces.push(Face { method, path, access });
        self
    }

    pub fn done(self) -> Routes {
        let Self { router, pages, described, faces, state } = self;
        let (router, pages) = (router.with_state(state.clone()), pages.with_state(state));
        Routes { router, pages, described, faces, told: Vec::new() }
    }
}

impl Routes {
    pub fn of<S: Clone + Send + Sync + 'static>(state: S) -> RoutesOf<S> {
        RoutesOf { router: Router::new(), pages: Router::new(), described: Vec::new(), faces: Vec::new(), state }
    }

    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.pages = self.pages.merge(other.pages);
        self.described.extend(other.described);
        self.faces.extend(other.faces);
        self.told.extend(other.told);
        self
    }

    /// The same with what is told to programs of others.
    #[must_use]
    pub fn telling(mut self, told: impl IntoIterator<Item = Told>) -> Self {
        self.told.extend(told);
        self
    }

    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// The pages and the forms.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    pub fn described(&self) -> &[Described] {
        &self.described
    }

    /// Those of programs, then those of people.
    pub fn into_routers(self) -> (Router, Router) {
        (self.router, self.pages)
    }
}

/// The errors that an operation may answer. There is no `default`: an error that is not named here is a fault.
fn errors(route: &Described) -> Vec<(&'static str, &'static str)> {
    let mut errors = vec![
        ("400", "The request could not be read"),
        ("401", "Nobody is signed in, or the credential is wrong"),
        ("403", "The caller's role or kind of account does not allow this"),
        ("404", "It is not there, or belongs to somebody else"),
        ("409", "It conflicts with the present state"),
    ];
    if route.op.edits {
        errors.push(("412", "It was changed since the version in If-Match; read it again"));
    }
    errors.push(("414", "The address is too long"));
    if route.method != "GET" {
        errors.push(("413", "The body is too large"));
    }
    if route.op.body.is_some() {
        errors.push(("415", "The body is not declared as application/json"));
    }
    errors.push(("422", "It was understood and refused; `code` says why"));
    if route.op.edits {
        errors.push(("428", "If-Match is missing"));
    }
    errors.push(("429", "Too many requests; see Retry-After"));
    errors.push(("5XX", "Our fault, or too busy at the moment; nothing was changed"));
    errors
}

/// The OpenAPI 3.1 document of all routes, and of what is told to programs of others.
pub fn openapi(described: &[Described], told: &[Told]) -> OpenApi {
    let mut components = Components::new();
    let mut paths = Paths::new();
    for route in described {
        let method = match route.method {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        paths.add_path_operation(route.path, vec![method], operation(route));
        let mut schemas = Vec::new();
        route.op.schemas.iter().for_each(|make| make(&mut schemas));
        components.schemas.extend(schemas);
    }
    let mut problem = Vec::new();
    Said::schemas(&mut problem);
    components.schemas.extend(problem);
    components.schemas.insert("Problem".to_owned(), <Said as utoipa::PartialSchema>::schema());
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let signed = "SDK-HMAC-SHA256 with an access key and its secret; see the header X-Sdk-Date";
    let signed = ApiKeyValue::with_description("Authorization", signed);
    components.add_security_scheme("signed", SecurityScheme::ApiKey(ApiKey::Header(signed)));
    let info = InfoBuilder::new()
        .title("Kontor")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The open trading post for software. Errors are problem details (RFC 9457) with a stable `code`.",
        ))
        .license(Some(License::new("Apache-2.0")));
    let webhooks = webhooks(told, &mut components);
    join_tags(&mut components.schemas);
    let document = OpenApiBuilder::new().info(info).paths(paths).webhooks(webhooks);
    document.components(Some(components)).tags(Some(tags(described))).build()
}

/// The names that different schemas share. The document has room for one of each name, so that a client would be told the
/// others wrongly.
pub fn shared_names(described: &[Described]) -> BTreeSet<String> {
    let mut known: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for route in described {
        let mut schemas = Vec::new();
        route.op.schemas.iter().for_each(|make| make(&mut schemas));
        for (name, schema) in schemas {
            if known.get(&name).is_some_and(|other| *other != schema) {
                shared.insert(name.clone());
            }
            known.insert(name, schema);
        }
    }
    shared
}

fn tags(described: &[Described]) -> Vec<utoipa::openapi::Tag> {
    let mut names: Vec<&str> = described.iter().map(|route| tag(route.path)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| TagBuilder::new().name(name).build()).collect()
}

/// The first word of a path that says what it is about.
fn tag(path: &'static str) -> &'static str {
    path.strip_prefix("/api/v1/").map_or("open api", |rest| rest.split('/').next().unwrap_or(rest))
}

fn header(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
}

fn operation(route: &Described) -> Operation {
    let op = &route.op;
    let id = format!(
        "{}{}",
        route.method.to_lowercase(),
        route.path.replace("/api/v1", "").replace(['/', '{', '}', '-'], "_")
    );
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id.replace("__", "_")))
        .summary(Some(op.summary))
        .description(Some(format!("For: {}.", op.access)))
        .tag(tag(route.path));
    for name in route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        operation = operation.parameter(parameter.schema(Some(text)).build());
    }
    for parameter in &op.parameters {
        operation = operation.parameter(parameter.clone());
    }
    if route.method != "GET" && route.path.starts_with("/api/v1") {
        let description =
            "Makes the change repeatable: the same key with the same request gives the first answer again";
        operation = operation.parameter(header("idempotency-key", description).build());
    }
    if let Some(schema) = &op.body {
        let content = Content::new(Some(schema.clone()));
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let (status, answer) = &op.answer;
    let mut response = ResponseBuilder::new().description(if *status == 204 { "Done" } else { "The answer" });
    if let Some(schema) = answer {
        response = response.content(op.content_type, Content::new(Some(schema.clone())));
    }
    operation = operation.response(status.to_string(), response.build());
    for (status, description) in errors(route) {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        let mut response = ResponseBuilder::new().description(description).content("application/problem+json", problem);
        if let Some(schema) = &op.refusal {
            response = response.content("application/json", Content::new(Some(schema.clone())));
        }
        operation = operation.response(status, response.build());
    }
    if op.access != Access::Public {
        operation = operation
            .security(SecurityRequirement::new("bearer", Vec::<String>::new()))
            .security(SecurityRequirement::new("signed", Vec::<String>::new()));
    }
    operation.build()
}

#[cfg(test)]
mod tests {
    use utoipa::ToSchema;

    use super::*;

    #[derive(ToSchema)]
    #[schema(as = Verdict)]
    #[expect(dead_code, reason = "it is described, not made")]
    struct One {
        verdict: String,
    }

    #[derive(ToSchema)]
    #[schema(as = Verdict)]
    #[expect(dead_code, reason = "it is described, not made")]
    struct Other {
        passed: i64,
    }

    async fn nothing() {}

    #[test]
    fn two_schemas_of_one_name_are_found() {
        let does = || Op::does(Access::Public, "Read a verdict");
        let one = Routes::of(()).get("/a", nothing, does().gives::<One>(200)).done();
        let again = Routes::of(()).get("/b", nothing, does().gives::<One>(200)).done();
        let both = one.and(again);
        assert!(shared_names(both.described()).is_empty());
        let other = both.and(Routes::of(()).get("/c", nothing, does().gives::<Other>(200)).done());
        assert_eq!(shared_names(other.described()), BTreeSet::from(["Verdict".to_owned()]));
    }
}
