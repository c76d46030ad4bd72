"""Every command as a user calls it, on a small shop of recipes: output, JSON, exit codes."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.groundrec.calling import RECIPES, Call


def users_and_item(call: Call) -> tuple[str, str]:
    """A user, and an item that is recommended to them."""
    answer = call("recommend", "cook-1", "--json").json
    return "cook-1", str(answer["items"][0]["title"])


# -- bringing data in ------------------------------------------------------------------------


def test_ingesting_twice_changes_nothing_and_says_so(call: Call) -> None:
    first = call("ingest", "run", str(RECIPES), "--json").json
    again = call("ingest", "run", str(RECIPES))
    assert first["schema_version"] == 1
    assert first["counts"]["edges_added"] > 500
    assert "nothing has changed" in again.out


def test_a_mapping_that_is_not_there_is_one_line(call: Call, tmp_path: Path) -> None:
    result = call("ingest", "run", str(tmp_path / "none.toml"))
    assert result.code == 2
    assert result.err.startswith("error: no mapping at")
    assert "Traceback" not in result.err


def test_an_error_is_json_when_json_is_asked_for(call: Call) -> None:
    result = call("recommend", "cook-1", "--json")
    assert result.code == 4
    assert result.json["error"]["kind"] == "MissingArtefactError"
    assert "groundrec snapshot" in result.json["error"]["hint"]


def test_stats_and_snapshot_count_alike(shop: Call) -> None:
    stats, snapshot = shop("stats", "--json").json, shop("snapshot", "--json").json
    assert sum(stats["nodes"].values()) == snapshot["nodes"]
    assert stats["edges"] == snapshot["edges"]
    assert len(snapshot["snapshot"]) == 32


# -- recommending ----------------------------------------------------------------------------


def test_every_item_has_checked_reasons(shop: Call) -> None:
    answer = shop("recommend", "cook-1", "-k", "5", "--json").json
    assert len(answer["items"]) == 5
    assert answer["fallback"] is None
    for item in answer["items"]:
        assert item["reasons"], item
        for told in (*item["reasons"], *item["connections"]):
            assert told["verdict"] == "supported", told
        assert 0 < item["share_explained"] <= 1 + 1e-9
        assert sum(item["walks"].values()) == pytest.approx(1)


def test_no_other_person_is_ever_named(shop: Call) -> None:
    answer = shop("recommend", "cook-1", "-k", "20", "--json")
    for number in range(2, 60):
        assert f'"cook:cook-{number}"' not in answer.out


def test_several_users_come_as_a_list(shop: Call) -> None:
    answers = shop("recommend", "cook-1", "cook-2", "--json").json["answers"]
    assert [answer["user"] for answer in answers] == ["cook-1", "cook-2"]


def test_an_unknown_user_gets_a_word_and_a_fallback(shop: Call) -> None:
    answer = shop("recommend", "nobody", "--json").json
    assert "nobody" in answer["notes"][0]
    assert answer["fallback"] == "the items that most people like"
    assert len(answer["items"]) == 10


def test_somebody_who_is_not_in_the_graph_says_what_they_like(shop: Call) -> None:
    _, title = users_and_item(shop)
    answer = shop("recommend", "--like", title, "-k", "3", "--json").json
    assert answer["fallback"] is None
    assert title not in [item["title"] for item in answer["items"]]


def test_everybody_goes_to_a_file(shop: Call, tmp_path: Path) -> None:
    for name in ("all.parquet", "all.jsonl"):
        assert shop("recommend", "--all", "--out", str(tmp_path / name), "-k", "4").code == 0
    table = pl.read_parquet(tmp_path / "all.parquet")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert table.to_dicts() == lines
    mine = shop("recommend", "cook-1", "-k", "4", "--json").json["items"]
    of_mine = table.filter(pl.col("user") == "cook-1").sort("rank")["item"].to_list()
    assert of_mine == [item["id"] for item in mine]
    assert shop("recommend", "--all", "--out", str(tmp_path / "all.pdf")).code == 2


def test_an_explanation_adds_up(shop: Call) -> None:
    user, title = users_and_item(shop)
    told = shop("explain", user, title, "--json").json
    total = sum(part["amount"] for part in told["contributions"]) + told["remainder"]
    assert total == pytest.approx(told["score"], rel=1e-6)
    shown = shop("explain", user, title)
    assert "remainder" in shown.out


def test_similar_items_are_explained_without_you(shop: Call) -> None:
    _, title = users_and_item(shop)
    answer = shop("similar", title, "--json").json
    texts = [told["text"] for item in answer["items"] for told in item["reasons"]]
    assert texts
    assert all("you" not in text.split() for text in texts)


def test_a_korean_answer_is_checked_too(shop: Call) -> None:
    answer = shop("--language", "ko", "recommend", "cook-1", "--json").json
    told = [told for item in answer["items"] for told in item["reasons"]]
    assert any("좋아" in one["text"] for one in told)
    assert {one["verdict"] for one in told} == {"supported"}


# -- checking and finding --------------------------------------------------------------------


def test_a_false_claim_has_its_exit_code_and_its_row(shop: Call) -> None:
    result = shop("check", "--text", "Bibimbap comes from Italy.", "--json")
    assert result.code == 1
    (claim,) = result.json["claims"]
    assert claim["verdict"] == "contradicted"
    (edge,) = claim["counter_evidence"]
    assert edge["tail_name"] == "Korea"
    assert edge["rows"][0].startswith("recipes.csv:")
    assert shop("check", "--text", "Bibimbap comes from Korea.").code == 0


def test_text_is_read_from_standard_input(shop: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("Bibimbap comes from Korea."))
    assert "supported" in shop("check").out


def test_search_forgives_typos(shop: Call) -> None:
    found = shop("search", "bibimbop", "--json").json["nodes"]
    assert found[0]["name"] == "Bibimbap"
    assert found[0]["kind"] == "recipe"
    assert found[0]["degree"] > 0
    assert "nothing" in shop("search", "zzzzqqqq").out


def test_search_finds_by_what_texts_say(shop: Call, own_home: Path) -> None:
    texts = own_home / "cache" / "search"
    asked = "kimchi pork tofu gochugaru soup"
    names = shop("search", asked, "--names", "--json").json["nodes"]
    assert {node["by"] for node in names} <= {"name"}
    assert not texts.exists()
    both = shop("search", asked, "--json").json["nodes"]
    meant = [node["name"] for node in both if node["by"] == "meaning"]
    assert meant[0] == "Kimchi Jjigae"
    assert len(list(texts.iterdir())) == 1
    again = shop("search", asked, "--json").json["nodes"]
    assert again == both
    exact = shop("search", "Bibimbap", "--json").json["nodes"]
    assert all(node["by"] == "name" for node in exact)
    assert len(shop("search", "Bibimbap", "--meaning", "--json").json["nodes"]) >= len(exact)


# -- feedback --------------------------------------------------------------------------------


def test_feedback_counts_at_once_and_is_kept(shop: Call) -> None:
    user, title = users_and_item(shop)
    noted = shop("feedback", user, title, "--rating", "5", "--json").json
    assert noted["snapshot"].endswith("+1")
    after = shop("recommend", user, "--json")
    assert after.err == ""
    assert after.json["snapshot"] == noted["snapshot"]
    assert title not in [item["title"] for item in after.json["items"]]
    assert shop("check", "--text", f"You liked {title}.", "--user", user).code == 0
    assert all(
        told["verdict"] == "supported"
        for item in after.json["items"]
        for told in (*item["reasons"], *item["connections"])
    )
    assert shop("doctor", "--json").json["snapshot"]
    assert shop("snapshot").code == 0
    stale = shop("recommend", user)
    assert stale.code == 4
    assert "groundrec train" in stale.err
    assert shop("train").code == 0
    learned = shop("recommend", user, "--json").json
    assert title not in [item["title"] for item in learned["items"]]
    assert "+" not in learned["snapshot"]


def test_what_was_said_a_second_ago_is_the_last_that_the_sequence_encoder_hears(
    shop: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch_geometric")
    assert shop("train", "--model", "sequence", "--json").json["ranker"] == "sequence"
    monkeypatch.setenv("GROUNDREC_MODEL", "sequence")
    user, title = users_and_item(shop)
    before = shop("recommend", user, "--json").json
    assert shop("feedback", user, title, "--rating", "5").code == 0
    after = shop("recommend", user, "--json").json["items"]
    assert [item["score"] for item in after] != [item["score"] for item in before["items"]]
    told = shop("explain", user, after[0]["title"], "--json").json
    assert {part["walk"] for part in told["contributions"]} == {"history"}
    total = sum(part["amount"] for part in told["contributions"]) + told["remainder"]
    assert total == pytest.approx(after[0]["score"])
    assert before["items"][0]["id"] in {part["anchor"] for part in told["contributions"]}


def test_somebody_new_is_served_after_one_word(shop: Call) -> None:
    nobody = shop("recommend", "newcomer", "--json").json
    assert nobody["fallback"] == "the items that most people like"
    assert shop("feedback", "newcomer", "Bibimbap", "--like").code == 0
    served = shop("recommend", "newcomer", "--json").json
    assert served["fallback"] is None
    assert served["items"][0]["reasons"]
    assert "Bibimbap" not in [item["title"] for item in served["items"]]


def test_an_opinion_of_one_leaves_the_reasons_of_others_true(shop: Call) -> None:
    user, _ = users_and_item(shop)
    assert shop("feedback", "newcomer", "Bibimbap", "--like").code == 0
    items = shop("recommend", user, "--json").json["items"]
    assert {reason["verdict"] for item in items for reason in item["reasons"]} == {"supported"}
    assert shop("check", "--text", "You liked Bibimbap.", "--user", "newcomer").code == 0


def test_a_dislike_moves_down_what_is_like_it(shop: Call) -> None:
    assert shop("feedback", "newcomer", "Bibimbap", "--like").code == 0
    before = [
        item["title"] for item in shop("recommend", "newcomer", "-k", "100", "--json").json["items"]
    ]
    assert shop("feedback", "newcomer", before[0], "--dislike").code == 0
    answer = shop("recommend", "newcomer", "-k", "100", "--json").json
    after = [item["title"] for item in answer["items"]]
    assert before[0] not in after
    assert "disliked: 1; what is like that stands lower" in answer["notes"]
    similar = [i["title"] for i in shop("similar", before[0], "-k", "5", "--json").json["items"]]
    fell = [after.index(t) - before[1:].index(t) for t in similar if t in after]
    assert sum(fell) > 0
    assert shop("explain", "newcomer", after[0], "--json").code == 0


def test_the_last_word_on_an_item_counts(shop: Call) -> None:
    assert shop("feedback", "newcomer", "Bibimbap", "--like").code == 0
    assert shop("feedback", "newcomer", "Bibimbap", "--dislike").code == 0
    assert shop("recommend", "newcomer", "--json").json["fallback"]


def test_what_is_undone_is_unsaid_at_once(shop: Call) -> None:
    user, title = users_and_item(shop)
    assert shop("feedback", "newcomer", "Bibimbap", "--like").code == 0
    untouched = shop("recommend", user, "-k", "5", "--json").json["items"]
    said = shop("feedback", user, title, "--rating", "5", "--json").json
    assert shop("recommend", user, "-k", "5", "--json").json["items"] != untouched
    assert shop("ingest", "undo", "last").code == 0
    after = shop("recommend", user, "-k", "5", "--json").json
    assert after["items"] == untouched
    assert after["snapshot"] != said["snapshot"]
    assert shop("recommend", "newcomer", "--json").json["fallback"] is None
    assert "the graph has changed since" not in shop("doctor").out


# -- filters ---------------------------------------------------------------------------------


def titles(call: Call, *options: str) -> list[str]:
    answer = call("recommend", "cook-1", "-k", "50", "--json", *options).json
    return [item["title"] for item in answer["items"]]


def test_filters_are_asked_before_the_best_are_taken(shop: Call) -> None:
    soups = titles(shop, "--where", "served_as=soup")
    assert len(soups) >= 5
    assert not set(soups) & set(titles(shop, "--where", "served_as!=soup"))
    both = titles(shop, "--where", "served_as=soup|snack")
    assert set(soups) < set(both)
    korean = titles(shop, "--where", "served_as=soup", "--where", "comes_from=Korea")
    assert set(korean) < set(soups)
    quick = titles(shop, "--where", "minutes<=20")
    assert quick
    assert not set(quick) & set(titles(shop, "--where", "minutes>20"))


def test_lists_allow_and_deny(shop: Call, tmp_path: Path) -> None:
    first = titles(shop)
    (tmp_path / "list").write_text("\n".join(first[:3]) + "\n", encoding="utf-8")
    assert titles(shop, "--allow", f"@{tmp_path / 'list'}") == first[:3]
    assert titles(shop, "--deny", f"@{tmp_path / 'list'}", "--deny", first[3])[:4] == first[4:8]
    assert set(titles(shop, "--with-seen")) - set(first)
    out = tmp_path / "all.jsonl"
    assert shop("recommend", "--all", "--allow", first[0], "--out", str(out)).code == 0
    assert set(pl.read_ndjson(out)["title"]) == {first[0]}


def test_a_filter_that_fits_nothing_says_what_there_is(shop: Call) -> None:
    wrong = shop("recommend", "cook-1", "--where", "served_as=soupe")
    assert wrong.code == 2
    assert "did you mean: soup" in wrong.err
    assert shop("recommend", "cook-1", "--where", "colour=red").code == 2
    assert shop("recommend", "cook-1", "--where", "minutes<=soon").code == 2
    assert shop("recommend", "cook-1", "--where", "soup").code == 2
    assert shop("recommend", "cook-1", "--deny", "@nowhere.txt").code == 2
    none = shop("recommend", "cook-1", "--where", "minutes>100000", "--json").json
    assert none["items"] == []
    assert "0 of 133 items are allowed" in none["notes"]


# -- feedback of newcomers -------------------------------------------------------------------


def test_a_dislike_of_a_new_user_is_kept(shop: Call) -> None:
    assert shop("feedback", "newcomer", "Bibimbap", "--dislike").code == 0
    assert shop("feedback", "newcomer", "Bibimbap").code == 2
    assert shop("feedback", "newcomer", "No Such Dish", "--like").code == 2
    assert shop("stats", "--json").json["edges"]["opinion"] == 1


# -- looking after it ------------------------------------------------------------------------


def test_backup_and_restore(shop: Call, tmp_path: Path, own_home: Path) -> None:
    before = shop("stats", "--json").json
    assert shop("backup", str(tmp_path / "saved")).code == 0
    assert shop("feedback", "cook-1", "Bibimbap", "--like").code == 0
    assert shop("restore", str(tmp_path / "saved")).code == 2
    assert shop("restore", str(tmp_path / "saved"), "--force").code == 0
    assert shop("stats", "--json").json == before


def test_prune_keeps_what_is_in_use(shop: Call) -> None:
    assert shop("feedback", "cook-1", "Bibimbap", "--like").code == 0
    assert shop("snapshot").code == 0
    would = shop("prune", "--dry-run", "--json").json["removed"]
    assert len(would) == 2  # the old snapshot, and the ranker made for it
    assert shop("prune", "--json").json["removed"] == would
    assert "nothing to remove" in shop("prune").out
    assert shop("train").code == 0
    assert shop("recommend", "cook-1").code == 0


def test_export(shop: Call, tmp_path: Path) -> None:
    assert shop("export", str(tmp_path / "g.graphml"), "--format", "graphml").code == 0
    assert shop("export", str(tmp_path / "g.graphml"), "--format", "graphml").code == 2
    assert shop("export", str(tmp_path / "tables")).code == 0
    assert (tmp_path / "tables" / "nodes.parquet").exists()


def test_doctor_says_what_is_missing_and_what_is_in_use(call: Call, own_home: Path) -> None:
    before = call("doctor", "--json").json
    assert before["sound"]
    assert {f["name"]: f["state"] for f in before["findings"]} == {
        "packages": "ok",
        "store": "missing",
        "snapshot": "missing",
        "model": "missing",
        "language model": "missing",
        "texts": "ok",
    }
    home = next(s for s in before["settings"] if s["name"] == "home")
    assert home == {"name": "home", "value": str(own_home), "source": "environment"}


def test_doctor_finds_a_stale_model(shop: Call) -> None:
    findings = shop("doctor", "--json").json["findings"]
    assert [f["name"] for f in findings if f["state"] != "ok"] == ["language model"]
    assert shop("feedback", "cook-1", "Bibimbap", "--like").code == 0
    assert shop("snapshot").code == 0
    result = shop("doctor", "--json")
    assert result.code == 4
    assert {f["name"] for f in result.json["findings"] if f["state"] == "wrong"} == {"model"}


def test_doctor_says_when_a_model_does_not_know_the_catalogues_language(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dishes.csv").write_text(
        "id,name\n1,김치찌개\n2,비빔밥\n3,잡채\n", encoding="utf-8"
    )
    (tmp_path / "dishes.toml").write_text(
        'name = "dishes"\n[kinds.dish]\nrole = "item"\n[[sources]]\nname = "dishes"\n'
        'path = "dishes.csv"\n[[sources.nodes]]\nkind = "dish"\nkey = "id"\nlabel = "name"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("GROUNDREC_DATA", str(tmp_path))
    assert call("ingest", "run", str(tmp_path / "dishes.toml")).code == 0
    assert call("snapshot").code == 0
    monkeypatch.setenv("GROUNDREC_TEXT_MODEL", "minilm")
    result = call("doctor", "--json")
    assert result.code == 4
    texts = next(f for f in result.json["findings"] if f["name"] == "texts")
    assert texts["state"] == "wrong"
    assert "all-MiniLM-L6-v2 does not know ko (100% of the texts)" in texts["told"]
    monkeypatch.setenv("GROUNDREC_TEXT_MODEL", "hashing")
    assert call("doctor").code == 0


def test_evaluate_prints_one_table_with_its_controls(shop: Call) -> None:
    table = shop("evaluate", "--ranker", "popularity", "--ranker", "walk", "--json").json
    assert [row["ranker"] for row in table["rows"]] == [
        "popularity",
        "walk",
        "walk, shuffled attributes",
        "walk, no attributes",
    ]
    for row in table["rows"]:
        assert row["recall@20"]["low"] <= row["recall@20"]["mean"] <= row["recall@20"]["high"]
    assert shop("evaluate", "--ranker", "none").code == 2


# -- every command ---------------------------------------------------------------------------

COMMANDS = [
    *("fetch", "ingest run", "snapshot", "train", "evaluate", "recommend", "similar", "explain"),
    *("ingest plan", "ingest apply", "ingest runs", "ingest show", "ingest rejects", "ingest undo"),
    *("why", "forget", "audit run"),
    *("check", "search", "feedback", "export", "stats", "backup", "restore", "prune", "doctor"),
    "demo",
]


@pytest.mark.parametrize("command", [command.split() for command in COMMANDS], ids=COMMANDS)
def test_every_command_has_help_with_an_example_and_json(call: Call, command: list[str]) -> None:
    shown = call(*[part.strip() for part in command], "--help")
    assert shown.code == 0
    assert "Example" in shown.out
    assert "--json" in shown.out
