"""Every state of the pane, on its stage: what it shows, asks and writes at each press."""

import pytest

from tests.addin.pane.stage import FIXES, Stage, guess, issue, reply

RUN = "20261122T031200Z-a1b2c3"
LOG = [["At", "Run", "Kind", "Tab", "Row", "Column", "Before"], [46348, RUN, "sync", *[""] * 4]]


def recalculated(stage, **opened):
    stage.answers.setdefault("sync", (200, reply()))
    stage.open(**opened).ready().press("Recalculate")
    stage.page.get_by_text("Done.").wait_for()
    return stage.page


def chosen(page, name):
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)


def said(stage, text):
    """Wait for a status text; returns all of it."""
    stage.status.get_by_text(text).wait_for()
    return stage.status.inner_text()


def test_nothing_is_asked_before_a_press(stage):
    page = stage.open().ready().page
    assert stage.asked == []
    assert "Press Check" in page.get_by_role("tabpanel", name="Issues").inner_text()


def test_recalculate_reads_asks_and_plays(stage):
    page = recalculated(stage)
    assert [question for question, _, _ in stage.asked] == ["tabs", "sync"]
    assert {token for _, token, _ in stage.asked} == {"Bearer secret"}
    assert stage.status.inner_text() == (
        "Done. 3 cells put right, all results are new. Open: 3 errors, 2 warnings, 1 note."
    )
    assert page.get_by_role("heading", level=1).inner_text() == "Tracker.xlsx"
    assert page.locator("#as-of").inner_text() == "As of 30 June 2026"
    assert page.locator("#steps .done").count() == 3
    counts = page.locator(".count").all_inner_texts()
    assert counts == ["6", "3", "2", "–"]


def test_a_workbook_that_is_up_to_date_says_so(stage):
    stage.answers["sync"] = 200, reply(status="unchanged", issues=[])
    stage.open().ready().press("Recalculate")
    assert said(stage, "Up to date") == "Up to date. There was nothing to write. Open: no issues."


def test_check_writes_nothing_and_says_what_recalculate_would(stage):
    stage.answers["check"] = 200, reply() | {"score": None}
    stage.open().ready().press("Check")
    assert "Nothing was written. Recalculate would put 3 cells right." in said(stage, "Checked.")
    assert "Recalculate would put right" in chosen(stage.page, "Changes").inner_text()


def test_while_it_runs_the_steps_show_it_and_presses_wait(stage):
    stage.answers["sync"] = 200, reply()
    stage.open().ready()
    stage.page.evaluate("stage.pause = (step) => step === 'writing' && new Promise(() => {})")
    stage.press("Recalculate")
    said(stage, "Writing")
    now = stage.page.locator("#steps [aria-current=step]")
    assert now.inner_text() == "Write"
    assert now.evaluate("line => line.style.getPropertyValue('--part')") == "0.6"
    assert stage.page.locator("[data-do][aria-disabled=true]").count() == 3
    asked = len(stage.asked)
    stage.page.get_by_role("button", name="Check").dispatch_event("click")
    assert len(stage.asked) == asked


def test_an_issue_jumps_to_its_cell(stage):
    page = recalculated(stage)
    page.get_by_role("button", name="Error Deals D35").click()
    page.wait_for_function("stage.jumps.length === 1")
    place = page.evaluate("[stage.jumps[0].sheet, stage.jumps[0].address]")
    assert place == ["Deals", "D35"]


def test_accept_reject_and_taking_back_write_the_decision(stage):
    page = recalculated(stage)
    first = page.get_by_role("listitem").filter(has_text="Reseler")
    accept, reject = first.locator(".answer").all()
    accept.click()
    said(stage, "use your answers (1)")
    assert (accept.inner_text(), accept.get_attribute("aria-pressed")) == ("✓ Accepted", "true")
    reject.click()
    page.wait_for_function("stage.answers.length === 2")
    page.get_by_role("button", name="Rejected").click()
    said(stage, "No answers wait")
    assert page.evaluate("stage.answers.map(([, answer]) => answer)") == ["accept", "reject", ""]
    assert [accept.get_attribute("aria-pressed"), reject.get_attribute("aria-pressed")] == [
        "false",
        "false",
    ]


def test_an_answer_that_is_not_written_is_not_shown_as_given(stage):
    page = recalculated(stage)
    page.evaluate("stage.excel = 'InvalidOperationInCellEditMode'")
    page.get_by_role("button", name="Accept").first.click()
    assert said(stage, "edited").startswith("A cell is being edited in Excel: press Enter")
    assert page.locator("[aria-pressed=true]").count() == 0


def test_an_issue_without_a_row_on_issues_is_decided_after_a_sync(stage):
    fresh = guess(
        1, "'Reseler' is not in the list.", "reseller", can_decide=False, decision_cell=None
    )
    stage.answers["check"] = 200, reply(issues=[fresh])
    stage.open().ready().press("Check")
    said(stage, "Checked.")
    assert stage.page.get_by_role("button", name="Accept").count() == 0
    assert stage.page.get_by_text("after Recalculate").is_visible()


def test_what_nothing_can_be_written_for_can_only_be_rejected(stage):
    twin = guess(1, "Row 11 has the same Email.", None)
    stage.answers["check"] = 200, reply(issues=[twin])
    stage.open().ready().press("Check")
    said(stage, "Checked.")
    assert stage.page.locator(".answer").all_inner_texts() == ["Reject"]


def test_5000_issues_are_drawn_a_page_at_a_time(stage):
    issues = [issue(n, "warning" if n % 10 == 0 else "error") for n in range(1, 5001)]
    stage.answers["check"] = 200, reply(issues=issues)
    stage.open().ready().press("Check")
    said(stage, "Checked.")
    page = stage.page
    items = page.locator("#issues li")
    assert items.count() == 50
    page.get_by_role("button", name="Next").click()
    assert page.get_by_text("51 to 100 of 5,000").is_visible()
    assert "Deals H52" in items.first.inner_text()
    page.get_by_label("Show").select_option("warning")
    assert page.get_by_text("1 to 50 of 500").is_visible()
    page.get_by_role("button", name="Previous").dispatch_event("click")
    assert page.get_by_text("1 to 50 of 500").is_visible()


def test_changes_show_before_and_after_and_jump(stage):
    panel = chosen(recalculated(stage), "Changes")
    assert "+49 30 23125 000" in panel.inner_text()
    assert "+493023125000" in panel.inner_text()
    panel.get_by_role("button", name="Deals, row 8, Created").click()
    stage.page.wait_for_function("stage.jumps.length === 1")
    assert stage.page.evaluate("stage.jumps[0]") == {
        "sheet": "Deals",
        "row": 8,
        "column": "Created",
    }


def test_a_change_of_tier_opens_the_partners_card(stage):
    page = recalculated(stage)
    panel = chosen(page, "Tiers")
    assert "Silver" in panel.inner_text()
    assert "strongest Sourced revenue (24.4)" in panel.inner_text()
    panel.get_by_role("button", name="Tin Lantern Systems").click()
    card = page.get_by_role("tabpanel", name="Partner")
    card.get_by_text("186,400 EUR").wait_for()
    assert page.evaluate("document.activeElement.id") == "tab-partner"


def test_the_card_follows_the_selection_and_stays_where_a_row_has_no_partner(stage):
    page = recalculated(stage)
    card = chosen(page, "Partner")
    page.evaluate("stage.partner = 'P-0001'; stage.select()")
    card.get_by_text("Tin Lantern Systems").wait_for()
    assert "small sample" in card.inner_text()
    page.evaluate("stage.partner = null; stage.select()")
    page.evaluate("stage.partner = 'P-0002'; stage.select()")
    card.get_by_text("Quillfeather Networks").wait_for()
    assert "not rated" in card.inner_text()


def test_undo_posts_the_plan_of_the_last_run(stage):
    page = recalculated(stage)
    page.evaluate("values => { stage.sheets = [{ name: 'Sync Log', values }]; }", LOG)
    refused = [{"tab": "Deals", "row": 5, "column": "Stage", "message": "Somebody changed it."}]
    told = {"version": 1, "run": RUN, "score": reply(run="undo")["score"]}
    stage.answers["undo"] = 200, told | {"restored": 42, "refused": refused}
    stage.press("Undo")
    assert said(stage, "Took") == (
        "Took the last run back. 42 cells of yours restored. "
        "1 cell stayed, because somebody changed it since."
    )
    question, _, body = stage.asked[-1]
    assert (question, body["plan"]["run"]) == ("undo", RUN)
    assert "Somebody changed it." in chosen(page, "Changes").inner_text()


@pytest.mark.parametrize("undone", [False, True])
def test_undo_without_a_record_says_where_it_works(stage, undone):
    lines = [*LOG, [46348, "later-undo", "undo", "", "", "", RUN]] if undone else LOG
    page = stage.open().ready().page
    page.evaluate("values => { stage.sheets = [{ name: 'Sync Log', values }]; }", lines)
    stage.press("Undo")
    assert said(stage, "no record").endswith("Nothing was changed.")


SENTENCES = {
    "server down": (None, "sheetsync is not running: start it with “sheetsync addin start”"),
    "wrong token": (
        (401, {"error": {"kind": "token", "message": "x"}}),
        "run “sheetsync addin install”",
    ),
    "foreign": ((403, ""), "sheetsync does not know this pane"),
    "its own words": ((422, {"error": {"kind": "k", "message": "It is no tracker."}}), "It is no"),
    "too big": ((413, ""), "too big for the pane: use “sheetsync sync”"),
    "too often": ((429, ""), "wait a minute"),
    "fault": ((500, "<html>"), "no answer that this pane can read (500)"),
    "no JSON": ((200, "<html>"), "no answer that this pane can read (200)"),
}


def test_what_goes_wrong_is_one_sentence_that_says_what_to_do(stage):
    stage.open().ready()
    for answer, sentence in SENTENCES.values():
        stage.answers["sync"] = answer
        stage.press("Recalculate")
        assert sentence in said(stage, sentence)
        assert stage.page.locator("#status.bad").count() == 1
        assert stage.page.locator("[data-do][aria-disabled=true]").count() == 0


def test_a_pane_without_a_token_asks_nothing(stage):
    stage.open(token="").ready().press("Recalculate")
    assert "sheetsync addin install" in said(stage, "does not know")
    assert stage.asked == []


@pytest.mark.parametrize(("stale", "kind", "text"), [(2, "good", "Done."), (3, "bad", "Somebody")])
def test_a_workbook_that_changes_meanwhile_is_read_three_times(stage, stale, kind, text):
    stage.answers["sync"] = 200, reply()
    stage.open(stale=stale).ready().press("Recalculate")
    stage.page.locator(f"#status.{kind}").wait_for()
    assert text in stage.status.inner_text()
    assert [question for question, _, _ in stage.asked] == ["tabs", "sync"] * 3


def test_what_playing_refuses_is_said_in_its_words(stage):
    stage.answers["sync"] = 200, reply()
    stage.open(refused="The tab Deals is protected: unprotect it.").ready().press("Recalculate")
    assert said(stage, "protected") == "The tab Deals is protected: unprotect it."


def test_an_old_excel_is_told(stage):
    stage.open(old=True)
    assert "Excel 2021" in said(stage, "too old")


def test_texts_of_the_workbook_stay_texts(stage):
    evil = "<img src=x onerror='stage.broken = 1'>"
    stage.answers["sync"] = 200, reply(issues=[guess(1, evil, evil, sheet=evil)])
    page = recalculated(stage)
    assert evil in page.get_by_role("tabpanel", name="Issues").inner_text()
    assert page.evaluate("stage.broken ?? 0") == 0
    assert page.locator("img").count() == 0


def test_tabs_are_walked_with_arrow_keys(stage):
    page = stage.open().ready().page
    page.get_by_role("tab", name="Issues").focus()
    for key, name in (("ArrowRight", "Changes"), ("End", "Partner"), ("ArrowRight", "Issues")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent").endswith(name)
        assert page.get_by_role("tab", selected=True).inner_text().endswith(name)


def test_the_keyboard_goes_from_actions_to_results_in_order(stage):
    page = recalculated(stage)
    page.get_by_role("button", name="Recalculate").focus()
    seen = []
    for _ in range(7):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText.split('\\n')[0]"))
    assert seen[:2] + seen[5:] == ["Check", "Undo", "Accept", "Reject"]


def test_nothing_jumps_and_nothing_overflows_in_320_pixels(stage):
    long = "W" * 200
    stage.answers["sync"] = 200, reply(issues=[guess(1, long, long)], partners={})
    place = "document.querySelector('[role=tablist]').getBoundingClientRect().top"
    before = stage.open().ready().page.evaluate(place)
    stage.press("Recalculate")
    said(stage, "Done.")
    assert stage.page.evaluate(place) == before
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not stage.page.evaluate(wide)


def test_the_look_follows_excels_theme_against_the_systems(stage):
    page = stage.open(theme={"bodyBackgroundColor": "#262626"}).ready().page
    shade = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(shade) == "rgb(28, 30, 34)"


def test_a_pane_that_opens_later_shows_the_last_run(stage, context):
    recalculated(stage)
    later = Stage(context).open()
    assert "3 cells put right" in said(later, "Done.")


def ribbon(context, name, **answers):
    """Press a button of the ribbon; returns its page."""
    stage = Stage(context)
    stage.answers.update(answers)
    stage.open("commands.html")
    stage.page.wait_for_function("Boolean(stage.undo)")
    stage.page.evaluate(f"stage.{name}({{ completed: () => {{ stage.completed += 1; }} }})")
    stage.page.wait_for_function("stage.completed === 1")
    return stage.page


def test_the_ribbon_shows_its_run_in_the_open_pane(stage, context):
    stage.open().ready()
    page = ribbon(context, "recalculate", sync=(200, reply()))
    assert "3 cells put right" in said(stage, "Done.")
    assert page.evaluate("stage.dialogs") == []
    assert len(FIXES) == int(stage.page.locator("#count-changes").inner_text())


def test_the_ribbon_says_a_fault_in_a_window_where_no_pane_is_open(context):
    page = ribbon(context, "check", check=None)
    (address,) = page.evaluate("stage.dialogs")
    assert "token" not in address
    notice = Stage(context)
    notice.open(address.rpartition("/")[2], token="")
    notice.page.get_by_text("sheetsync is not running").wait_for()


def test_plans_of_the_last_20_runs_are_kept_for_each_workbook(stage):
    kept = (
        stage.open()
        .ready()
        .page.evaluate(
            """async () => {
          const { keepPlan, planOf } = await import('./memory.js');
          const runs = Array.from({ length: 23 }, (_, i) => `202607${10 + i}T093000Z-a`);
          await keepPlan('other', { run: '20260101T000000Z-b' });
          for (const run of runs) await keepPlan('one', { run });
          const found = await Promise.all(['20260101T000000Z-b', ...runs].map(planOf));
          return found.map(Boolean);
        }"""
        )
    )
    assert kept == [True, False, False, False] + [True] * 20
