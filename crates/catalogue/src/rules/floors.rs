//! The floors of the first page: what each shows, from when to when.

use kernel::{
    Invalid, Localized, Timestamp,
    id::{FloorId, ProductId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tree::Tree;

/// What a floor shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FloorContent {
    /// Products that the operator has picked, in this order.
    Picked {
        #[schema(min_items = 1, max_items = 24)]
        products: Vec<ProductId>,
    },
    Newest {
        /// Of one category and those below it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
    },
    /// What most buyers bought within the last year.
    BestSelling {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
    },
    Tagged {
        tag: String,
    },
    /// The latest with screenshots, one of each seller.
    Varied {},
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) id: FloorId,
    pub(crate) title: Localized,
    pub(crate) content: FloorContent,
    pub(crate) position: i64,
    pub(crate) shown_from: Timestamp,
    pub(crate) shown_until: Option<Timestamp>,
    pub(crate) version: i64,
}

/// A floor as an operator wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FloorDraft {
    pub(crate) title: Localized,
    pub(crate) content: FloorContent,
    pub(crate) position: i64,
    pub(crate) shown_from: Timestamp,
    pub(crate) shown_until: Option<Timestamp>,
}

/// A first page with more is not read to its end.
pub(crate) const FLOORS_MAX: usize = 20;

const PICKED_MAX: usize = 24;

/// Where a floor stands beside the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloorTime {
    Later,
    Now,
    Over,
}

impl Floor {
    pub(crate) fn time(&self, now: Timestamp) -> FloorTime {
        if self.shown_until.is_some_and(|until| until <= now) {
            FloorTime::Over
        } else if self.shown_from > now {
            FloorTime::Later
        } else {
            FloorTime::Now
        }
    }
}

impl FloorContent {
    /// The rule without what it is applied to, as it is written.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Picked { .. } => "picked",
            Self::Newest { .. } => "newest",
            Self::BestSelling { .. } => "best_selling",
            Self::Tagged { .. } => "tagged",
            Self::Varied {} => "varied",
        }
    }
}

impl FloorDraft {
    /// Against the categories and tags that there are.
    pub(crate) fn check(&self, tree: &Tree, tags: &[Tag]) -> Result<(), Invalid> {
        let Self { title, content, position, shown_from, shown_until } = self;
        let mut wrong = Invalid::default();
        wrong.length(&title.en, 1, 60, "title.en");
        wrong.length(&title.zh, 1, 60, "title.zh");
        let range = ("must be from 0 to 1000", "须在 0 到 1000 之间");
        wrong.check((0..=1_000).contains(position), "position", range);
        let order = ("must be later than the beginning", "须晚于开始时间");
        wrong.check(shown_until.is_none_or(|until| until > *shown_from), "shown_until", order);
        match content {
            FloorContent::Picked { products } => {
                let count = (
                    format!("must be from 1 to {PICKED_MAX} products; write one number, such as prd_…, on each line"),
                    format!("须为 1 到 {PICKED_MAX} 个商品，每行填写一个商品编号（prd_ 开头）"),
                );
                wrong.check((1..=PICKED_MAX).contains(&products.len()), "products", count);
            }
            FloorContent::Newest { category: Some(code) } | FloorContent::BestSelling { category: Some(code) } => {
                let known = ("is not a category that is shown", "不是已显示的类目");
                wrong.check(tree.is_shown(code), "category", known);
            }
            FloorContent::Tagged { tag } => {
                let known = ("is not a tag of this site; make it first", "标签不存在，须先创建");
                wrong.check(tags.iter().any(|known| known.code == *tag), "tag", known);
            }
            FloorContent::Newest { category: None }
            | FloorContent::BestSelling { category: None }
            | FloorContent::Varied {} => {}
        }
        wrong.done()
    }
}

/// A word that the operator puts on products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) code: String,
    pub(crate) name: Localized,
    /// How many products carry it.
    pub(crate) products: i64,
}

/// So many words tell no more.
const TAGS_MAX: usize = 10;

/// What a product is to carry: tags that there are, each once.
pub(crate) fn check_tags(wanted: &[String], known: &[Tag]) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let count = (format!("must be at most {TAGS_MAX}"), format!("最多 {TAGS_MAX} 个"));
    wrong.check(wanted.len() <= TAGS_MAX, "tags", count);
    for (index, code) in wanted.iter().enumerate() {
        let fine = known.iter().any(|known| known.code == *code) && !wanted[..index].contains(code);
        let said = ("must be a tag of this site, named once", "须为本站已有的标签，且不能重复");
        wrong.check(fine, format!("tags[{index}]"), said);
    }
    wrong.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn draft(content: FloorContent) -> FloorDraft {
        let title = Localized::new("Popular", "热门");
        FloorDraft { title, content, position: 1, shown_from: at("2026-11-01T00:00:00Z"), shown_until: None }
    }

    fn wrong(draft: &FloorDraft) -> Vec<String> {
        let tags = [Tag { code: "made-here".to_owned(), name: Localized::new("a", "b"), products: 0 }];
        match draft.check(&Tree::default(), &tags) {
            Ok(()) => Vec::new(),
            Err(wrong) => wrong.0.into_iter().map(|error| error.field).collect(),
        }
    }

    #[test]
    fn a_floor_names_what_there_is() {
        assert!(wrong(&draft(FloorContent::Varied {})).is_empty());
        assert!(wrong(&draft(FloorContent::Tagged { tag: "made-here".to_owned() })).is_empty());
        assert_eq!(wrong(&draft(FloorContent::Tagged { tag: "gone".to_owned() })), ["tag"]);
        assert_eq!(wrong(&draft(FloorContent::Newest { category: Some("gone".to_owned()) })), ["category"]);
        assert_eq!(wrong(&draft(FloorContent::Picked { products: Vec::new() })), ["products"]);
        let backwards = FloorDraft { shown_until: Some(at("2026-10-01T00:00:00Z")), ..draft(FloorContent::Varied {}) };
        assert_eq!(wrong(&backwards), ["shown_until"]);
    }

    #[test]
    fn a_floor_is_shown_between_its_two_moments() {
        let FloorDraft { title, content, position, shown_from, .. } = draft(FloorContent::Varied {});
        let id = FloorId::new(shown_from);
        let until = Some(at("2026-12-01T00:00:00Z"));
        let floor = Floor { id, title, content, position, shown_from, shown_until: until, version: 1 };
        assert_eq!(floor.time(at("2026-10-31T23:59:59Z")), FloorTime::Later);
        assert_eq!(floor.time(at("2026-11-01T00:00:00Z")), FloorTime::Now);
        assert_eq!(floor.time(at("2026-12-01T00:00:00Z")), FloorTime::Over);
    }
}
