//! The states of revisions and products, and what may follow what.

use kernel::{Invalid, Localized, Refusal, choices};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

choices! {
    /// Where a revision stands (申请状态).
    pub enum RevisionState {
        /// Waits for the operator.
        Submitted = "submitted",
        /// Taken back by the seller.
        Withdrawn = "withdrawn",
        Rejected = "rejected",
        /// Approved, and what is on sale now.
        Approved = "approved",
        /// Was approved; a later one took its place.
        Superseded = "superseded",
    }
}

choices! {
    /// Whether a product is sold (商品销售状态).
    pub enum ProductState {
        /// Has never been approved.
        Draft = "draft",
        OnSale = "on_sale",
        /// Its trade is frozen by the operator (冻结交易): it is looked at by its link and not bought.
        Frozen = "frozen",
        /// Taken from the shelf by the operator (强制下架), until that is lifted.
        Delisted = "delisted",
        /// Taken off sale (下架); that is for good.
        OffSale = "off_sale",
    }
}

/// Why something that was asked of the catalogue is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueRefused {
    #[error("a revision that is {state} cannot be {wanted}; only a submitted one can")]
    RevisionState { state: RevisionState, wanted: RevisionState },
    #[error("a revision of this product waits for review; withdraw it first")]
    UnderReview,
    #[error("this product was submitted before and cannot be deleted; its history stays")]
    HasHistory,
    #[error("nothing was changed since the revision that is on sale")]
    Unchanged,
    #[error("an account can have at most {0} products that were never on sale; delete drafts that you do not need")]
    TooManyDrafts(i64),
    #[error("this product was taken off sale for good; list it again as a new product")]
    OffSale,
    #[error("a category with this code is already there; choose another code, or change that category")]
    CategoryTaken,
    #[error("{0} products use this category, or others stand below it; hide it, or merge it into another one")]
    CategoryInUse(i64),
    #[error("this category was merged into another one and cannot be changed any more")]
    CategoryMerged,
    #[error("a tag with this code is already there; choose another code")]
    TagTaken,
    #[error("the first page has at most {0} floors; remove one before you add another")]
    TooManyFloors(usize),
    #[error("you have marked {0} products, which is the most; take one away before you mark another")]
    TooManyFavourites(i64),
    #[error("your library has an attribute of this code; give this one another code")]
    AttributeTaken,
    #[error("a library can have at most {0} attributes; delete those that you do not need")]
    LibraryFull(usize),
    #[error("there is no account with this id and this name; ask the customer for both, they stand under Team")]
    NoSuchAccount,
    #[error("at most {0} accounts can be named; remove some that no longer buy")]
    TooManyNamed(i64),
}

impl Refusal for CatalogueRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::RevisionState { .. } => "revision.wrong_state",
            Self::UnderReview => "product.under_review",
            Self::HasHistory => "product.has_history",
            Self::Unchanged => "product.unchanged",
            Self::TooManyDrafts(_) => "product.too_many_drafts",
            Self::OffSale => "product.off_sale",
            Self::CategoryTaken => "category.taken",
            Self::CategoryInUse(_) => "category.in_use",
            Self::CategoryMerged => "category.merged",
            Self::TagTaken => "tag.taken",
            Self::TooManyFloors(_) => "floor.too_many",
            Self::TooManyFavourites(_) => "favourite.too_many",
            Self::AttributeTaken => "attribute.taken",
            Self::LibraryFull(_) => "attribute.library_full",
            Self::NoSuchAccount => "product.no_such_account",
            Self::TooManyNamed(_) => "product.too_many_named",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::RevisionState { state, wanted } => {
                format!("该商品版本{}，不能{}，只有审核中的版本可以", state.zh(), wanted.step_zh())
            }
            Self::UnderReview => "该商品有一个版本正在审核，须先撤回".to_owned(),
            Self::HasHistory => "该商品曾经提交审核，历史记录须保留，不能删除".to_owned(),
            Self::Unchanged => "与在售版本相比没有任何修改".to_owned(),
            Self::TooManyDrafts(most) => format!("从未上架的商品最多 {most} 个，可删除不需要的草稿"),
            Self::OffSale => "该商品已下架，不能恢复，可作为新商品重新发布".to_owned(),
            Self::CategoryTaken => "该类目编码已存在，可换一个编码，或修改已有类目".to_owned(),
            Self::CategoryInUse(count) => {
                format!("有 {count} 个商品使用该类目，或其下还有下级类目，只能隐藏或合并到其他类目")
            }
            Self::CategoryMerged => "该类目已合并到其他类目，不能再修改".to_owned(),
            Self::TagTaken => "该标签编码已存在，可换一个编码".to_owned(),
            Self::TooManyFloors(most) => format!("首页最多 {most} 个楼层，须先删除一个再新增"),
            Self::TooManyFavourites(most) => format!("最多收藏 {most} 个商品，须先取消一个再收藏"),
            Self::AttributeTaken => "属性库中已有相同编码的属性，须换一个编码".to_owned(),
            Self::LibraryFull(most) => format!("属性库最多 {most} 个属性，可删除不需要的属性"),
            Self::NoSuchAccount => {
                "没有账号 ID 与名称同时相符的账号，可向客户索取这两项信息，客户可在“子用户”页面查看".to_owned()
            }
            Self::TooManyNamed(most) => format!("最多指定 {most} 个账号，可移除不再购买的账号"),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        match self {
            Self::RevisionState { .. }
            | Self::UnderReview
            | Self::HasHistory
            | Self::CategoryTaken
            | Self::CategoryInUse(_)
            | Self::CategoryMerged
            | Self::TagTaken
            | Self::AttributeTaken => 409,
            Self::Unchanged
            | Self::TooManyDrafts(_)
            | Self::OffSale
            | Self::NoSuchAccount
            | Self::TooManyNamed(_)
            | Self::TooManyFloors(_)
            | Self::TooManyFavourites(_)
            | Self::LibraryFull(_) => 422,
        }
    }
}

/// What is wrong with one field of a listing, or with the whole when the field is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"field": "specs[server].name", "message": "Say what the spec includes."}))]
pub(crate) struct Reason {
    /// A JSON path in the listing, as in the diff; empty: the listing as a whole.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(crate) field: String,
    #[schema(min_length = 1, max_length = 1000)]
    pub(crate) message: String,
}

/// What the operator decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Reject(Vec<Reason>),
}

const REASONS_MAX: usize = 50;

impl Decision {
    pub(crate) fn reject(reasons: &[Reason]) -> Result<Self, Invalid> {
        let mut wrong = Invalid::default();
        let count = (
            format!("must be from 1 to {REASONS_MAX}; the seller has to know what to change"),
            format!("须为 1 到 {REASONS_MAX} 条，商家需要知道该修改什么"),
        );
        wrong.check((1..=REASONS_MAX).contains(&reasons.len()), "reasons", count);
        for (index, Reason { field, message }) in reasons.iter().enumerate() {
            wrong.length(field, 0, 200, format!("reasons[{index}].field"));
            wrong.length(message, 1, 1000, format!("reasons[{index}].message"));
        }
        wrong.done()?;
        Ok(Self::Reject(reasons.to_vec()))
    }

    pub(crate) fn leads_to(&self) -> RevisionState {
        match self {
            Self::Approve => RevisionState::Approved,
            Self::Reject(_) => RevisionState::Rejected,
        }
    }

    pub(crate) fn reasons(&self) -> &[Reason] {
        match self {
            Self::Approve => &[],
            Self::Reject(reasons) => reasons,
        }
    }
}

impl RevisionState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Submitted => "正在审核",
            Self::Withdrawn => "已撤回",
            Self::Rejected => "已被驳回",
            Self::Approved => "已通过",
            Self::Superseded => "已被新版本取代",
        }
    }

    /// What brings a revision into this state.
    const fn step_zh(self) -> &'static str {
        match self {
            Self::Submitted => "提交",
            Self::Withdrawn => "撤回",
            Self::Rejected => "驳回",
            Self::Approved => "通过",
            Self::Superseded => "取代",
        }
    }

    /// Only a submitted revision can be decided or withdrawn.
    pub(crate) fn leave_review(self, wanted: Self) -> Result<Self, CatalogueRefused> {
        match (self, wanted) {
            (Self::Submitted, Self::Approved | Self::Rejected | Self::Withdrawn) => Ok(wanted),
            (Self::Submitted | Self::Withdrawn | Self::Rejected | Self::Approved | Self::Superseded, _) => {
                Err(CatalogueRefused::RevisionState { state: self, wanted })
            }
        }
    }
}

impl ProductState {
    /// Whether a change of the product may be sent for review.
    pub(crate) fn may_submit(self) -> Result<(), CatalogueRefused> {
        match self {
            // What was taken from the shelf can be mended; it does not come back by that.
            Self::Draft | Self::OnSale | Self::Frozen | Self::Delisted => Ok(()),
            Self::OffSale => Err(CatalogueRefused::OffSale),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_submitted_revision_leaves_review() {
        for from in RevisionState::ALL {
            for to in RevisionState::ALL {
                let fine = *from == RevisionState::Submitted
                    && matches!(to, RevisionState::Approved | RevisionState::Rejected | RevisionState::Withdrawn);
                assert_eq!(from.leave_review(*to).is_ok(), fine, "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_rejection_says_why() {
        assert!(Decision::reject(&[]).is_err());
        let blank = Reason { field: "name".to_owned(), message: "  ".to_owned() };
        assert_eq!(Decision::reject(&[blank]).unwrap_err().0[0].field, "reasons[0].message");
    }
}
