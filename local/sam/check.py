"""`make test-sam`: every step of every function by the real SAM CLI, in containers, end to end."""

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from signal import SIGINT, default_int_handler, signal

from local.bootstrap import say
from local.functions.home import FunctionError
from local.processes import children, ending
from local.replay.request import EVENTS
from local.sam import cli, verdict
from local.sam.docker import image
from local.sam.docker.daemon import check_machine, engine
from local.sam.docker.packages import FOLDER
from local.sam.endpoint import LambdaEndpoint
from local.sam.errors import CannotRunError, WrongError
from local.sam.seeding import events
from local.sam.system import Outside, system_for_containers
from shared.protocol.event import Step

RUN = FOLDER / "run"
ROTATED = "PostgresSingleUser"  # by RotateSecret, once more
START_SECONDS = 60.0
WHERE_IT_CAN = "--where-it-can"
ROTATION_SECONDS = 240.0


class Times(list[str]):
    """A line for each thing that was done, in order, with the seconds that it took."""

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Measure the block."""
        began = time.perf_counter()
        yield
        self.append(f"{time.perf_counter() - began:7.1f} s  {what}")


def check(tell: Callable[[str], None] = say) -> Times:
    """Do it all; raises CannotRunError where it cannot be done, WrongError where it went wrong."""
    check_machine()
    times = Times()
    port = children.free_port()
    home = LambdaEndpoint(f"http://127.0.0.1:{port}")
    with times.of("in all"), ExitStack() as stack:
        with times.of("the SAM CLI, installed where it was not"):
            program = cli.program()
        with times.of("a Docker engine, fetched where it was not"):
            docker = stack.enter_context(engine())
        with times.of("a stand-in for Lambda's image, made where it was not"):
            image.ensure(docker)
        with times.of("the local system"):
            running = system_for_containers(RUN, home, docker, say=tell)
            outside = stack.enter_context(running)
        sam = cli.Cli(program, RUN / "home", docker.environment)
        with times.of("sam validate --lint"):
            sam.run("validate", "--lint")
        with times.of("sam build, as for deploying"):
            sam.run("build", "--build-dir", RUN / "deployed")
        with times.of("sam build, for the local system"):
            sam.run(*outside.application.build())
        verdict.same_code(outside, RUN / "deployed")
        for function in outside.targets:
            with times.of(f"sam local invoke, four steps of {function}"):
                _invoke(sam, outside, function, tell)
        with times.of(f"sam local start-lambda, RotateSecret by {ROTATED}"):
            _rotate(sam, outside, home, port)
    return times


def _invoke(sam: cli.Cli, outside: Outside, function: str, tell: Callable[[str], None]) -> None:
    """The four event files in order, then what became of secret and target."""
    before = verdict.current(outside, function)
    for step in Step:
        words = outside.application.invoke(function, EVENTS / function / f"{step}.json")
        ran = sam.run(*words, *image.OPTIONS)
        # SAM's own status is 0 whatever the handler did; a handler of ours answers nothing.
        if ran.output.strip() != "null":
            raise WrongError(f"{function}, {step}: {ran.output.strip()}\n{ran.log[-3000:]}")
        tell(f"{function} {step} in {ran.seconds:.1f} s")
    verdict.hold(outside, function, before, events(function)[0]["ClientRequestToken"])


def _rotate(sam: cli.Cli, outside: Outside, home: LambdaEndpoint, port: int) -> None:
    """A rotation that the service drives, and a step that has to be seen to fail."""
    event = events(ROTATED)[0]
    words = (*outside.application.start_lambda(port), *image.OPTIONS)
    with children.running(
        (sam.program, *words),
        log=RUN / "start-lambda.log",
        ready=lambda: children.listening(port),
        name="sam local start-lambda",
        ready_within=START_SECONDS,
        stop_signal=SIGINT,
        env=sam.environment,
        cwd=cli.ROOT,
    ):
        before = verdict.current(outside, ROTATED)
        ended = outside.system.service.rotate(event["SecretId"], ROTATED, ROTATION_SECONDS)
        if ended.state != "succeeded":
            raise WrongError(f"the rotation {ended.state}: {ended.steps[-1].error_message}")
        verdict.hold(outside, ROTATED, before, ended.version_id)
        try:
            home.invoke(ROTATED, {**event, "ClientRequestToken": str(uuid.uuid4())})
        except FunctionError as error:
            if error.type != verdict.REFUSAL:
                raise WrongError(f"a foreign token was refused with {error}") from None
        else:
            raise WrongError("a step with a foreign token succeeded")


def main(*options: str) -> int:
    """Exit code 0 if all went well, 1 if not, 3 where it cannot run, 130 after Ctrl-C.

    With WHERE_IT_CAN, 0 where it cannot run: it says why all the same.
    """
    ending.in_order()
    signal(SIGINT, default_int_handler)  # a shell that runs it in the background has it ignored
    try:
        times = check()
    except CannotRunError as error:
        print(f"make test-sam cannot run here: {error}", file=sys.stderr)
        return 0 if WHERE_IT_CAN in options else 3
    except KeyboardInterrupt:
        return 130
    except (WrongError, children.ChildFailedError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(times))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
