//! What follows from reviews, and what they follow.

use std::collections::BTreeSet;

use kernel::{
    Localized, Result, Timestamp,
    id::{AccountId, ProductId, ReviewCaseId, ReviewId},
};
use messages::Topic;
use orders::Line;
use platform::Tx;

use super::CaseSeen;
use crate::{
    Reviews,
    rules::{self, Kept, Review, ReviewCaseState, ReviewState},
    store::{cases, reviews as store},
};

impl Reviews {
    /// The seller learns what a buyer says.
    pub async fn on_written(&self, tx: &mut Tx, id: ReviewId) -> Result<()> {
        let Some(review) = store::find(tx, id).await? else { return Ok(()) };
        if review.state != ReviewState::Shown {
            return Ok(());
        }
        let product = self.catalogue.product_name(tx, review.product).await?;
        let (stars, title) = (review.written.stars, &review.written.title);
        let heading = if review.version == 1 {
            Localized::new(format!("A review of {}", product.en), format!("商品“{}”收到评价", product.zh))
        } else {
            Localized::new(
                format!("A review of {} was changed", product.en),
                format!("商品“{}”的评价有修改", product.zh),
            )
        };
        let text = Localized::new(
            format!("{stars} of 5 stars: “{title}”. Read and answer it under Reviews."),
            format!("{stars} 星（满分 5 星）：“{title}”。可在“评价管理”中查看并回复。"),
        );
        self.messages.tell(tx, review.seller, Topic::Product, heading, text).await
    }

    /// The author learns what the seller answers.
    pub async fn on_answered(&self, tx: &mut Tx, id: ReviewId) -> Result<()> {
        let Some(review) = store::find(tx, id).await? else { return Ok(()) };
        // It was taken away before this ran, or nobody reads it any more.
        let Some(answer) = review.answer.as_ref().filter(|_| review.state == ReviewState::Shown) else { return Ok(()) };
        let product = self.catalogue.product_name(tx, review.product).await?;
        let heading = Localized::new(
            format!("The seller answers your review of {}", product.en),
            format!("商家回复了您对“{}”的评价", product.zh),
        );
        let text = Localized::new(answer.text.clone(), answer.text.clone());
        self.messages.tell(tx, review.account, Topic::Order, heading, text).await
    }

    /// Tells whom it concerns where a case stands: the operator of what waits, else the author and who reported.
    pub async fn on_case_moved(&self, tx: &mut Tx, id: ReviewCaseId) -> Result<()> {
        let Some(case) = cases::find(tx, id).await? else { return Ok(()) };
        let seen = self.seen(tx, case).await?;
        match seen.case.state {
            ReviewCaseState::Open | ReviewCaseState::Appealed => self.tell_operator(tx, &seen).await,
            ReviewCaseState::Kept => self.tell_reporters(tx, &seen).await,
            ReviewCaseState::Hidden => {
                self.tell_author(tx, &seen).await?;
                self.tell_reporters(tx, &seen).await
            }
            ReviewCaseState::Upheld | ReviewCaseState::Restored => self.tell_author(tx, &seen).await,
        }
    }

    async fn day(&self, moment: Option<Timestamp>) -> Result<String> {
        let zone = self.policies.current().await?.zone();
        Ok(moment.map(|moment| moment.format("%Y-%m-%d %H:%M", &zone)).unwrap_or_default())
    }

    async fn tell_operator(&self, tx: &mut Tx, seen: &CaseSeen) -> Result<()> {
        let due = self.day(Some(seen.case.due_at)).await?;
        let product = &seen.product;
        let (title, text) = if seen.case.state == ReviewCaseState::Open {
            (
                Localized::new(format!("Reported: a review of {}", product.en), format!("评价被举报：{}", product.zh)),
                Localized::new(
                    format!("A review of “{}” was reported. Decide by {due}.", product.en),
                    format!("商品“{}”的一条评价被举报，须在 {due} 前处理。", product.zh),
                ),
            )
        } else {
            (
                Localized::new(format!("Appeal: a review of {}", product.en), format!("评价申诉：{}", product.zh)),
                Localized::new(
                    format!(
                        "The author of a hidden review of “{}” appeals. Somebody other than the person who hid it has to decide by {due}.",
                        product.en
                    ),
                    format!("商品“{}”被屏蔽评价的作者提出申诉，须由其他审核员在 {due} 前处理。", product.zh),
                ),
            )
        };
        self.messages.tell_operator(tx, Topic::Product, title, text).await
    }

    async fn tell_author(&self, tx: &mut Tx, seen: &CaseSeen) -> Result<()> {
        let (case, product) = (&seen.case, &seen.product);
        let why = case.answer.as_ref().or(case.statement.as_ref()).cloned().unwrap_or_default();
        let (title, text) = match case.state {
            ReviewCaseState::Hidden => {
                let until = self.day(case.appeal_until).await?;
                (
                    Localized::new(
                        format!("Your review of {} was hidden", product.en),
                        format!("您对“{}”的评价被屏蔽", product.zh),
                    ),
                    Localized::new(
                        format!(
                            "It was reported and is not shown any more. Reasons: {why}\nYou may appeal once, until {until}, under My reviews."
                        ),
                        format!("该评价被举报，经审核不再展示。理由：{why}\n您可在 {until} 前通过“我的评价”申诉一次。"),
                    ),
                )
            }
            ReviewCaseState::Upheld => (
                Localized::new(format!("Appeal not granted: {}", product.en), format!("申诉未通过：{}", product.zh)),
                Localized::new(
                    format!("Your review of “{}” stays hidden. The operator says: {why}", product.en),
                    format!("您对“{}”的评价维持屏蔽，审核意见：{why}", product.zh),
                ),
            ),
            ReviewCaseState::Restored if seen.review.state == ReviewState::Withdrawn => (
                Localized::new(format!("Appeal granted: {}", product.en), format!("申诉已通过：{}", product.zh)),
                Localized::new(
                    format!(
                        "Your review of “{}” is not hidden any more, and not shown either, because the product was given back unused. The operator says: {why}",
                        product.en
                    ),
                    format!(
                        "您对“{}”的评价已解除屏蔽；因所购商品未使用即退订，该评价不再展示。审核意见：{why}",
                        product.zh
                    ),
                ),
            ),
            ReviewCaseState::Restored => (
                Localized::new(format!("Shown again: {}", product.en), format!("评价已恢复：{}", product.zh)),
                Localized::new(
                    format!("Your review of “{}” is shown again. The operator says: {why}", product.en),
                    format!("您对“{}”的评价已恢复展示，审核意见：{why}", product.zh),
                ),
            ),
            ReviewCaseState::Open | ReviewCaseState::Kept | ReviewCaseState::Appealed => return Ok(()),
        };
        self.messages.tell(tx, seen.review.account, Topic::Order, title, text).await
    }

    async fn tell_reporters(&self, tx: &mut Tx, seen: &CaseSeen) -> Result<()> {
        let (case, product) = (&seen.case, &seen.product);
        let why = case.statement.clone().unwrap_or_default();
        let (came_en, came_zh) = match case.state {
            ReviewCaseState::Kept => ("stays as it is", "经审核予以保留"),
            ReviewCaseState::Hidden => ("is not shown any more", "经审核不再展示"),
            ReviewCaseState::Open | ReviewCaseState::Appealed | ReviewCaseState::Upheld | ReviewCaseState::Restored => {
                return Ok(());
            }
        };
        let title = Localized::new(
            format!("Your report of a review of {}", product.en),
            format!("您举报的“{}”的评价已处理", product.zh),
        );
        let text = Localized::new(
            format!("The review that you reported {came_en}. Reasons: {why}"),
            format!("您举报的评价{came_zh}。理由：{why}"),
        );
        for report in cases::reports(tx, case.id).await? {
            self.messages.tell(tx, report.account_id, Topic::Order, title.clone(), text.clone()).await?;
        }
        Ok(())
    }

    /// The price of a line went back: what was given back is no part of the rating any more.
    pub async fn on_returned(&self, tx: &mut Tx, line: &Line) -> Result<()> {
        let Some(found) = store::by_account(tx, line.product, line.account).await? else { return Ok(()) };
        let before = self.held(tx, &found).await?;
        let (kept, hours) = self.kept(tx, &before).await?;
        let after = match (kept, before.state) {
            // Written at once and given back before it was used: it is taken down, as it could not be written now.
            (Kept::Unused, ReviewState::Shown) => {
                self.tell_unused(tx, &before, hours).await?;
                before.unused()
            }
            (Kept::Unused, ReviewState::Hidden | ReviewState::Withdrawn) => before.unused(),
            (Kept::Nothing, _) => Review { returned: true, ..before },
            (Kept::Something, _) => Review { returned: false, ..before },
        };
        store::save(tx, &after).await?;
        self.rate(tx, &after).await
    }

    /// What is left of what a review is about, and for how many hours it has to be kept.
    pub(super) async fn kept(&self, tx: &mut Tx, review: &Review) -> Result<(Kept, u32)> {
        let owned = self.instances.of_product(tx, review.account, review.product).await?;
        let hours = self.policies.current().await?.reviews.returned_after_hours;
        Ok((rules::kept(&self.purchases(tx, &owned).await?, hours), hours))
    }

    async fn tell_unused(&self, tx: &mut Tx, review: &Review, hours: u32) -> Result<()> {
        let product = self.catalogue.product_name(tx, review.product).await?;
        let title = Localized::new(
            format!("Your review of {} was taken down", product.en),
            format!("您对“{}”的评价已撤下", product.zh),
        );
        let text = Localized::new(
            format!(
                "What it is about was given back within {hours} hours of its delivery, too soon to be reviewed. If you buy the product again, you can publish it again under My reviews."
            ),
            format!("所购商品在交付后 {hours} 小时内退订，不能评价。再次购买后，可在“我的评价”中重新发表。"),
        );
        self.messages.tell(tx, review.account, Topic::Order, title, text).await
    }

    /// Somebody was verified, maybe with other papers than before: it is one voice with whoever has the same ones, and none
    /// where those are the seller's.
    pub async fn on_verified(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        let Some(identity) = self.accounts.identity(tx, account).await? else { return Ok(()) };
        let mut about = store::all_by(tx, account).await?;
        about.extend(store::of_own(tx, account, &identity).await?);
        about.sort_by_key(|review| (review.product, review.id));
        self.hold_all(tx, &about).await?;
        for found in about {
            let before = self.held(tx, &found).await?;
            let was = before.identity.clone();
            let (author, seller) = if before.account == account {
                (identity.clone(), self.accounts.identity(tx, before.seller).await?)
            } else {
                (was.clone(), Some(identity.clone()))
            };
            let own = seller.as_ref() == Some(&author);
            if before.own != own || was != author {
                let after = self.save_as(tx, &was, Review { own, identity: author, ..before }).await?;
                self.rate(tx, &after).await?;
            }
        }
        Ok(())
    }

    /// The products of all of them are held before the first one is moved: that holds the feed of the search, which everybody else
    /// holds after a product.
    async fn hold_all(&self, tx: &mut Tx, about: &[Review]) -> Result<()> {
        let products: BTreeSet<ProductId> = about.iter().map(|review| review.product).collect();
        for product in products {
            self.catalogue.hold_rating(tx, product).await?;
        }
        Ok(())
    }

    /// Who sells here does not rate others from now on.
    pub async fn on_sells(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        if !self.accounts.find(tx, account).await?.seller {
            return Ok(());
        }
        let about = store::all_by(tx, account).await?;
        self.hold_all(tx, &about).await?;
        for found in about {
            let before = self.held(tx, &found).await?;
            if !before.sells {
                let after = Review { sells: true, ..before };
                store::save(tx, &after).await?;
                self.rate(tx, &after).await?;
            }
        }
        Ok(())
    }
}
