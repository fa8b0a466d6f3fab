//! What follows a submission and a decision: both sides are told.

use kernel::{Localized, Result, id::RevisionId};
use messages::Topic;
use platform::Tx;

use crate::{
    Catalogue,
    rules::{Reason, RevisionState},
    store::{self, Revision},
};

impl Catalogue {
    /// Tells the operator of a revision that waits.
    pub async fn on_revision_submitted(&self, tx: &mut Tx, id: RevisionId) -> Result<()> {
        let Some(revision) = store::find_revision(tx, id).await? else {
            return Ok(());
        };
        if revision.state != RevisionState::Submitted {
            return Ok(());
        }
        let policy = self.policies.current().await?;
        // Who submits a whole catalogue fills the queue, not everybody's inbox.
        let many = policy.review.many_from.saturating_add(1);
        if self.submitted_today(tx, revision.account_id, &policy, many).await? {
            return Ok(());
        }
        let due = revision.due_at.format("%Y-%m-%d %H:%M", &policy.zone());
        let seller = self.sellers.profile(tx, revision.account_id).await?.name;
        let name = &revision.content.listing.name;
        let number = revision.number;
        let title = Localized::new(format!("Review requested: {}", name.en), format!("待审核：{}", name.zh));
        let text = Localized::new(
            format!("{seller} has submitted “{}” for review (revision {number}). Please decide by {due}.", name.en),
            format!("{seller} 已提交商品“{}”（第 {number} 版）等待审核，请在 {due} 前完成审核。", name.zh),
        );
        self.messages.tell_operator(tx, Topic::Product, title, text).await
    }

    /// Tells the seller how its revision was decided, and the index of this node that there is something to look at.
    pub async fn on_revision_decided(&self, tx: &mut Tx, id: RevisionId) -> Result<()> {
        let Some(revision) = store::find_revision(tx, id).await? else {
            return Ok(());
        };
        self.look_for_changes();
        let (title, text) = match revision.state {
            RevisionState::Approved | RevisionState::Superseded => approved(&revision),
            RevisionState::Rejected => rejected(&revision),
            RevisionState::Submitted | RevisionState::Withdrawn => return Ok(()),
        };
        self.messages.tell(tx, revision.account_id, Topic::Product, title, text).await
    }
}

fn approved(revision: &Revision) -> (Localized, Localized) {
    let name = &revision.content.listing.name;
    let title = Localized::new(format!("Approved: {}", name.en), format!("审核通过：{}", name.zh));
    let text = if revision.number == 1 {
        Localized::new(
            format!("“{}” has been approved and is now on sale.", name.en),
            format!("您的商品“{}”已通过审核，现已上架销售。", name.zh),
        )
    } else {
        let number = revision.number;
        Localized::new(
            format!(
                "Revision {number} of “{}” has been approved and is now what buyers see. Earlier orders keep their terms.",
                name.en
            ),
            format!(
                "您的商品“{}”第 {number} 版已通过审核，买家现在看到的即为该版本；此前的订单仍按原条款执行。",
                name.zh
            ),
        )
    };
    (title, text)
}

fn rejected(revision: &Revision) -> (Localized, Localized) {
    let name = &revision.content.listing.name;
    let title = Localized::new(format!("Changes needed: {}", name.en), format!("审核未通过：{}", name.zh));
    let list = |whole: &str, colon: &str| {
        let line = |Reason { field, message }: &Reason| {
            let field = if field.is_empty() { whole } else { field };
            format!("\n- {field}{colon}{message}")
        };
        revision.reasons.iter().map(line).collect::<String>()
    };
    let text = Localized::new(
        format!(
            "“{}” (revision {}) has not been approved. Please change the following and submit it again:{}",
            name.en,
            revision.number,
            list("the listing", ": ")
        ),
        format!(
            "您的商品“{}”（第 {} 版）未通过审核，请修改以下内容后重新提交：{}",
            name.zh,
            revision.number,
            list("整个商品", "：")
        ),
    );
    (title, text)
}
