//! The rules of listings: their form, their names, their SKUs, their review.

mod alike;
mod asked;
mod audience;
mod books;
mod change;
mod choosing;
mod diff;
mod draft;
mod evidence;
mod fields;
mod files;
mod findings;
mod floors;
mod form;
mod limits;
mod links;
mod measure;
mod naming;
mod notes;
mod particulars;
mod prints;
mod private;
mod progress;
mod proposal;
mod rating;
mod removal;
mod review;
mod revision;
mod search;
mod shape;
mod skus;
mod span;
mod specs;
mod spoken;
pub(crate) mod system;
mod tables;
mod taxed;
mod tree;
mod trial;
mod usage;

pub(crate) use alike::{ALIKE_MAX, Kin, Kinship, Likeness, also_bought, buyers};
pub use asked::{ANSWER_MAX, Asks, BuyerAnswer, ContactData, Replies};
pub(crate) use audience::{
    Audience, Customer, Customers, NotSold, Reach, Regions, RenewalRefused, Showing, Sight, Standing, Who,
};
pub(crate) use books::Shared;
pub use change::Changeable;
pub(crate) use choosing::Chosen;
pub use choosing::{Term as SaleTerm, terms as sale_terms};
pub(crate) use diff::{Change, diff};
pub(crate) use draft::{Attribute, AttributeValue, Listing, Sku, Spec, Support};
pub(crate) use evidence::{INDUSTRIES_MAX, PARAMETERS_MAX, POINTS_MAX, STEPS_MAX};
pub(crate) use fields::{FieldValue, InField, Parts};
pub(crate) use files::{
    Base, FileError, IMPORT_MB_MAX, LINES_MAX, Written, canonical, digest, documents_in, joined, key_for, read_many,
    read_one, read_table, template_rows, write_one,
};
pub(crate) use findings::{Check, CheckResult, Finding, Picture, bounded, copied, looked_at, read_through, verdict_of};
pub(crate) use floors::{FLOORS_MAX, Floor, FloorContent, FloorDraft, FloorTime, Tag, check_tags};
pub(crate) use form::{Files, SCREENSHOTS_MAX, Site, check, check_bounds};
pub(crate) use limits::SoldOut;
pub use limits::{Limit, PurchaseRules, UnitLimit};
pub(crate) use measure::{
    AppealOutcome, MeasureKind, MeasureRefused, MeasureState, STATEMENT_MAX, Statement, standing_under,
};
pub use notes::{Note, Sold};
pub(crate) use particulars::{Certification, Declaration, Opening, Paper, Point, Seo, Service};
pub use particulars::{Parameter, ParameterKind};
pub(crate) use prints::TextPrint;
pub(crate) use private::{APPROVED_MAX, Approval, BuysFrom, CatalogueNotKept, keeps_catalogue};
pub(crate) use progress::{Requirement, Section, is_shown, lies_in, requirements, section_of};
pub(crate) use proposal::{Occasion, ProposalState};
pub(crate) use rating::RatedFrom;
pub use rating::{Rated, Rating, STARS_MAX, SellerAnswer, ShownReview};
pub(crate) use removal::{Gone, Leaving, REASON_MAX, RemovalRefused, RemovalState, Target, gone, leaving};
pub(crate) use review::{
    Answering, Claim, Decided, Done, Given, KeptAnswer, OtherWork, ReviewRefused, Said, Tally, answered, check_claim,
    may_approve, needs_second, still_open, tallied,
};
pub use revision::{CatalogueRefused, ProductState, RevisionState};
pub(crate) use revision::{Decision, Reason};
pub(crate) use search::{
    Entry, Facets, Merits, Points, PriceBand, Shelfmark, Sorting, Wanted, boosts, document, featured, moves, needs,
    part_name, place, points, reach,
};
pub(crate) use shape::{Bulk, Column, Model, Shape, Term, TermShape, basis_points, percent, prices_of, with_set_up};
pub use skus::Offer;
pub(crate) use skus::{Identities, Identity, Release};
pub(crate) use span::{Reform, code_from};
pub(crate) use specs::check_library;
pub use spoken::{leads_away, seen_length, turns_round};
pub(crate) use tables::{Factor, amount};
pub(crate) use taxed::stamp as prices_stamp;
pub(crate) use tree::{Category, CategoryDraft, CategoryState, Hidden, Tree, check_code};
pub use trial::NoTrial;
pub(crate) use trial::{TrialsFor, Trier, may_try};
pub(crate) use usage::{Usage, counted_by, example, metered};
