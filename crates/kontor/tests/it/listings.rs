//! A seller's folder of files beside a running site, as `kontor catalogue` keeps them in step.

use std::fs;

use anyhow::Context;
use kontor::{
    listings::{self, Site, Wish},
    server,
    stage::Stage,
};

on_both!(a_catalogue_is_kept_in_files);

async fn a_catalogue_is_kept_in_files(url: Option<String>) -> anyhow::Result<()> {
    let stage = Stage::turned(url.as_deref(), "files").await?;
    let people = &stage.people;
    let seller = people.seller("Cloudco Software").await?;
    let product = people.product(&seller, "Log Search").await?;
    let site = Site::here(server::router(&stage.kontor, None), seller.token.clone());
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    let detailed = Wish { detailed: true, ..Wish::default() };

    let exported = listings::export(&site, root, Wish::default()).await?;
    assert_eq!((exported.code, exported.report.as_str()), (0, "1 files written, 0 unchanged.\n"));
    let same = listings::plan(&site, root, detailed).await?;
    assert_eq!(same.code, 0, "{}", same.report);
    let file = fs::read_dir(root)?.filter_map(Result::ok).map(|entry| entry.path());
    let file = file.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let file = file.context("the export is a file")?;
    let first = fs::read_to_string(&file)?;
    assert!(first.contains("agreement = \"files/"), "{first}");

    // A change of one line, and a new product with a document that the site does not have.
    let newer = first.replace("version = \"V", "version = \"V9");
    fs::write(&file, &newer)?;
    fs::write(root.join("files/terms.pdf"), b"%PDF-1.7 other terms")?;
    let other = first.lines().filter(|line| !line.starts_with("base") && !line.starts_with('#'));
    let other: Vec<String> = other
        .map(|line| match line.split(" = ").next() {
            Some("key") => "key = \"other-search\"".to_owned(),
            Some("name") if line.contains("Log Search") => {
                "name = { en = \"Other Search\", zh = \"别的搜索\" }".to_owned()
            }
            Some("agreement") => "agreement = \"files/terms.pdf\"".to_owned(),
            Some(_) | None => line.to_owned(),
        })
        .collect();
    fs::write(root.join("other.toml"), other.join("\n"))?;
    let plan = listings::plan(&site, root, detailed).await?;
    assert_eq!(plan.code, 2, "{}", plan.report);
    assert!(
        plan.report.contains("uploads files/terms.pdf") && plan.report.contains("    version: "),
        "{}",
        plan.report
    );
    let applied = listings::apply(&site, root, Wish::default()).await?;
    assert_eq!(applied.code, 0, "{}", applied.report);
    assert!(
        applied.report.contains("1 created, 1 changed") && applied.report.contains("2 submitted"),
        "{}",
        applied.report
    );
    let again = listings::apply(&site, root, Wish::default()).await?;
    assert!(again.code == 0 && again.report.contains("2 unchanged"), "{}", again.report);

    // Somebody writes on the site meanwhile.
    let path = format!("/api/v1/seller/products/{}", product.id);
    let draft = people.client.get(&seller.token, &path).await?;
    let mut edited = draft["listing"].clone();
    edited["delivery_days"] = 3.into();
    people.edit(&seller.token, "PUT", &path, &draft, Some(edited)).await?;
    fs::write(&file, newer.replace("V9", "V8"))?;
    let drifted = listings::apply(&site, root, Wish::default()).await?;
    assert_eq!(drifted.code, 3, "{}", drifted.report);
    assert!(drifted.report.contains("Nothing was applied"), "{}", drifted.report);
    let kept = listings::export(&site, root, Wish::default()).await?;
    assert!(kept.code == 3 && kept.report.contains("was left alone"), "{}", kept.report);

    fs::write(root.join("broken.toml"), "key = \"broken\"\nversion = \"first\"\n")?;
    let broken = listings::plan(&site, root, Wish::default()).await?;
    assert_eq!(broken.code, 1, "{}", broken.report);
    assert!(broken.report.contains("broken.toml:2: version must look like V1.0"), "{}", broken.report);
    stage.close().await
}
