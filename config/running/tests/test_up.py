"""`manage.py up` (what make run runs) with real processes."""

import json
import signal

import pytest

from .trees import END_S, MANAGE, ROOT, START_S, Place, gone, until


def test_up_prepares_serves_and_sigterm_ends_the_whole_tree(place: Place) -> None:
    with place.running("up") as up:
        up.wait_until_it_answers()
        assert up.get("/healthz") == (200, '{"status": "ok"}')
        assert json.loads(up.get("/readyz")[1]) == {"status": "ok", "degraded": []}
        assert until(lambda: f"http://127.0.0.1:{place.port}/" in up.output(), START_S), up.output()
        assert up.member("worker") is not None
        family = up.family()
        assert len(family) == 4  # itself, Valkey, server, worker
        up.child.send_signal(signal.SIGTERM)
        assert until(lambda: gone(family), END_S), up.output()
        assert up.child.wait() == 0
        assert "Traceback" not in up.output()


@pytest.mark.once
def test_ctrl_c_while_it_is_still_preparing_ends_it(place: Place) -> None:
    with place.running("up") as up:
        assert until(lambda: up.member("prepare") is not None, START_S), up.output()
        family = up.family()
        up.child.send_signal(signal.SIGINT)
        assert until(lambda: gone(family), END_S), up.output()
        assert up.get("/healthz") == (0, "")


@pytest.mark.once
def test_a_killed_supervisor_leaves_no_process_and_does_not_hinder_the_next(prepared: Place) -> None:
    with prepared.running("up") as first:
        first.wait_until_it_answers()
        family = first.family()
        first.child.kill()
        assert until(lambda: gone(family), END_S)
    assert (prepared.folder / "valkey.sock").exists()
    with prepared.running("up") as second:
        second.wait_until_it_answers()
        assert json.loads(second.get("/readyz")[1])["degraded"] == []


@pytest.mark.once
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_make(prepared: Place, ending: signal.Signals) -> None:
    """The signal goes to make alone, not to its process group as a terminal's Ctrl-C does."""
    with prepared.running(under=like_make_run(prepared)) as make:
        make.wait_until_it_answers()
        family = make.family()
        assert len(family) == 5  # make, and the four
        make.child.send_signal(ending)
        ended = until(lambda: gone(family), END_S)
        assert ended, (make.output(), [one for one in family if not gone([one])])


def like_make_run(place: Place) -> list[str]:
    recipe = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "manage.py up" in line)
    recipe = recipe.replace("$(BIN)/python manage.py", " ".join(MANAGE))
    (place.folder / "Makefile").write_text(f"run:\n{recipe}\n")
    return ["make", "-f", str(place.folder / "Makefile"), "run"]


@pytest.mark.once
def test_up_does_not_start_for_a_parent_that_is_gone(place: Place) -> None:
    done = place.run("up", "--parent", "1")
    assert done.returncode == 1
    assert not (place.folder / "valkey.sock").exists()


@pytest.mark.once
def test_a_second_run_in_the_same_folder_is_refused_in_one_line(prepared: Place) -> None:
    with prepared.running("up") as up:
        assert until((prepared.folder / "valkey.sock").exists, START_S)
        second = prepared.run("up", PORT="0")
        assert second.returncode == 1
        assert "already runs in" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        assert up.child.poll() is None


@pytest.mark.once
def test_a_dead_valkey_is_started_again_and_the_server_goes_on(prepared: Place) -> None:
    with prepared.running("up") as up:
        up.wait_until_it_answers()
        server, valkey = up.member("serve"), up.member("valkey-server")
        assert server is not None
        assert valkey is not None
        valkey.kill()
        assert until(lambda: '"redis"' in up.get("/readyz")[1], END_S), up.output()
        assert until(lambda: json.loads(up.get("/readyz")[1])["degraded"] == [], START_S), up.output()
        assert up.member("serve") == server
        assert "valkey is started again" in up.output()
        family = up.family()
        up.child.send_signal(signal.SIGINT)
        assert until(lambda: gone(family), END_S), up.output()
        assert "Traceback" not in up.output()


@pytest.mark.once
def test_when_the_server_dies_everything_ends_with_its_exit_code(prepared: Place) -> None:
    with prepared.running("up") as up:
        up.wait_until_it_answers()
        family, server = up.family(), up.member("serve")
        assert server is not None
        server.kill()
        assert until(lambda: gone(family), END_S), up.output()
        assert up.child.wait() == 128 + signal.SIGKILL
