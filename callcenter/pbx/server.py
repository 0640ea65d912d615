"""Starting, watching and stopping the private Asterisk: only ever the process that this folder's pid file names."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from callcenter.pbx.provisioning import (
    PROMPTS,
    Program,
    Secrets,
    find_program,
    hand_over,
    load_secrets,
    pbx_folder,
    render,
    render_phones,
    write_private,
)
from callcenter.settings import Settings

log = structlog.get_logger(__name__)

UNPRIVILEGED_USER = "nobody"
_SOCKET_PATH_LIMIT = 107
_POLL_SECONDS = 0.05
_LAST_LINES = 12


class PbxStartError(Exception):
    """The exchange does not start; the message says in one sentence what is in the way."""


class PrivatePbx:
    """The house's own Asterisk below `settings.var_folder`/pbx.

    Methods block; asynchronous callers use `asyncio.to_thread`. The exchange is a process group of its own: Ctrl-C
    in the terminal, or the death of whoever started it, does not end calls in progress.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = pbx_folder(settings)
        self.log_file = self.folder / "log" / "messages.log"
        # beside the folders in which the exchange itself can write
        self._pid_file = self.folder / "callcenter.pid"
        self._output_file = self.folder / "output.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._program: Program | None = None

    @property
    def _configuration(self) -> Path:
        return self.folder / "etc" / "asterisk.conf"

    def provision(self, prompts: Path = PROMPTS) -> Secrets:
        """Render the configuration and hand the folders to the user that Asterisk runs as; return the passwords.

        `prompts`: the folder of what callers hear.

        Raises:
            ProvisioningError: no Asterisk, an unusable value, or a folder that cannot be written.
        """
        secrets = load_secrets(self._settings)
        self._program = find_program(self._settings)
        render(self._settings, secrets, self.folder, self._program, prompts=prompts)
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED_USER)
            hand_over(self.folder, user.pw_uid, user.pw_gid)
        else:
            hand_over(self.folder)
        return secrets

    def renew_phones(self) -> None:
        """Let the running Asterisk know the phones' accounts as they are now; calls and registrations go on.

        Raises:
            ProvisioningError: the configuration cannot be written.
            PbxStartError, subprocess.TimeoutExpired: the console does not answer.
        """
        program = self._program or find_program(self._settings)
        file = render_phones(self._settings, load_secrets(self._settings), self.folder, program)
        if os.geteuid() == 0:
            os.chown(file, os.geteuid(), pwd.getpwnam(UNPRIVILEGED_USER).pw_gid, follow_symlinks=False)
            file.chmod(0o640)
        self.rx("module reload res_pjsip.so")

    def start(self) -> None:
        """Start Asterisk in the background; `wait_ready` tells when it takes calls. Call `provision` before.

        An Asterisk of this folder that was left behind is ended first.

        Raises:
            PbxStartError: a port is in use, or this machine cannot run Asterisk as an unprivileged user.
        """
        self.stop()
        self._check_paths()
        self._check_ports()
        program = self._program or find_program(self._settings)
        arguments = [str(program.executable), "-f", "-C", str(self._configuration)]
        with open(self._output_file, "ab", opener=_open_private) as output:
            self._process = subprocess.Popen(
                [*_as_unprivileged_user([program.executable, self._configuration]), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                cwd="/",
            )
        write_private(self._pid_file, f"{self._process.pid}\n{self._unchangeable(program)}\n")
        log.info("pbx_started", pid=self._process.pid, sip_port=self._settings.pbx.sip_port)

    def wait_ready(self, timeout: float = 30) -> None:
        """Wait until Asterisk is fully booted, at most `timeout` seconds.

        Raises:
            PbxStartError: it ended early or is not ready in time; the message holds the last lines of its log.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.is_running():
                raise PbxStartError(f"Asterisk ended while starting.\n{self.last_words()}")
            if (self.folder / "run" / "asterisk.ctl").exists():
                left = max(deadline - time.monotonic(), 1)
                with contextlib.suppress(PbxStartError, subprocess.TimeoutExpired):
                    if "fully booted" in self.rx("core waitfullybooted", timeout=left):
                        log.info("pbx_ready")
                        return
            time.sleep(_POLL_SECONDS)
        raise PbxStartError(f"Asterisk is not ready after {timeout:g} s.\n{self.last_words()}")

    def ensure_running(self) -> Secrets:
        """Keep the Asterisk of this folder if it answers, with the present settings; else start it anew.

        One that was left behind with other ports, addresses, modules or another program is restarted: a reload changes
        none of these.

        Raises:
            ProvisioningError, PbxStartError: as `provision`, `start` and `wait_ready`.
        """
        secrets = self.provision()
        program = self._program or find_program(self._settings)
        if self.is_running() and self._started_with() == self._unchangeable(program) and self._answers():
            self.rx("core reload")
            log.info("pbx_kept", pid=self.pid())
            return secrets
        self.start()
        self.wait_ready()
        return secrets

    def stop(self, timeout: float = 10) -> None:
        """End Asterisk: over its control socket, then by SIGTERM, then by SIGKILL, `timeout` seconds in all."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(PbxStartError, subprocess.TimeoutExpired):
                self.rx("core stop now", timeout=2)
            for number in (signal.SIGTERM, signal.SIGKILL):
                if self._wait_gone(timeout / 2):
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            self._wait_gone(timeout / 2)
            log.info("pbx_stopped", pid=pid)
        if self._process is not None:
            self._process.wait(timeout=timeout)
            self._process = None
        self._pid_file.unlink(missing_ok=True)

    def rx(self, command: str, timeout: float = 10) -> str:
        """Give a command to Asterisk's console and return what it prints.

        Raises:
            PbxStartError: the console does not answer.
            subprocess.TimeoutExpired: no answer after `timeout` seconds.
        """
        program = self._program or find_program(self._settings)
        result = subprocess.run(
            [str(program.executable), "-C", str(self._configuration), "-rx", command],
            capture_output=True,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
        )
        if result.returncode != 0:
            raise PbxStartError(f"Asterisk's console does not answer: {(result.stderr or result.stdout).strip()}")
        return result.stdout

    def pid(self) -> int | None:
        """The process id of this folder's Asterisk, None when it does not run."""
        if self._process is not None:
            return None if self._process.poll() is not None else self._process.pid
        try:
            pid = int(self._pid_file.read_text(encoding="ascii").split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if os.fsencode(self._configuration) in command.split(b"\0") else None

    def is_running(self) -> bool:
        """Whether this folder's Asterisk runs."""
        return self.pid() is not None

    def last_words(self) -> str:
        """The last lines that Asterisk logged or printed."""
        lines: list[str] = []
        for file in (self._output_file, self.log_file):
            with (
                contextlib.suppress(OSError),
                open(file, encoding="utf-8", errors="replace", opener=_open_no_link) as text,
            ):
                lines += text.read().splitlines()[-_LAST_LINES:]
        return "\n".join(lines)

    def _unchangeable(self, program: Program) -> str:
        """A digest of all that an Asterisk keeps until its end, whatever is reloaded."""
        pbx = self._settings.pbx
        ports = (pbx.bind, pbx.sip_port, pbx.http_port, pbx.ami_port, pbx.rtp_start, pbx.rtp_end)
        files = [(self.folder / "etc" / name).read_bytes() for name in ("asterisk.conf", "modules.conf")]
        return hashlib.sha256(b"\0".join([repr((ports, program)).encode(), *files])).hexdigest()

    def _started_with(self) -> str:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return self._pid_file.read_text(encoding="ascii").split()[1]
        return ""

    def _answers(self) -> bool:
        try:
            return "fully booted" in self.rx("core waitfullybooted", timeout=5)
        except (PbxStartError, subprocess.TimeoutExpired):
            return False

    def _wait_gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _check_paths(self) -> None:
        control = self.folder / "run" / "asterisk.ctl"
        if len(os.fsencode(control)) > _SOCKET_PATH_LIMIT:
            raise PbxStartError(
                f"the path {control} is too long for a socket; set CALLCENTER_VAR to a folder with a shorter path"
            )

    def _check_ports(self) -> None:
        pbx = self._settings.pbx
        wanted = (
            (socket.SOCK_DGRAM, pbx.bind, pbx.sip_port, "SIP", "CALLCENTER_SIP_PORT"),
            (socket.SOCK_STREAM, pbx.bind, pbx.http_port, "Asterisk's WebSocket", "CALLCENTER_WS_PORT"),
            (socket.SOCK_STREAM, "127.0.0.1", pbx.ami_port, "Asterisk's manager interface", "CALLCENTER_AMI_PORT"),
        )
        for kind, host, port, purpose, variable in wanted:
            try:
                with socket.socket(socket.AF_INET, kind) as probe:
                    if kind is socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, port))
            except OSError as error:
                raise PbxStartError(
                    f"port {port} of {host}, wanted for {purpose}, is not free ({error.strerror}); "
                    f"choose another with {variable}"
                ) from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _open_no_link(path: str, flags: int) -> int:
    """Open a file in a folder of the exchange's user, who could have put a link there to what only root reads."""
    return os.open(path, flags | os.O_NOFOLLOW)


def _as_unprivileged_user(paths: Sequence[Path]) -> list[str]:
    """The words before a command that make it run unprivileged; none when we are not root.

    A checkout below a closed folder (root's home) is read with one capability, to search and read files: Asterisk and
    its modules lie below it, and copies elsewhere would need 200 MB and a second place to keep true. The price is that
    whoever took over such an Asterisk could read every file, so it is the last resort only: `plain` is tried first.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PbxStartError("setpriv is missing; install it with: apt-get install util-linux")
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    plain = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]
    reading = [*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    for words in (plain, reading):
        # opened, not `test -r`: access(2) leaves the capability out of account
        trials = [[*words, "head", "-c", "1", str(path)] for path in paths]
        if all(subprocess.run(trial, capture_output=True, check=False, cwd="/").returncode == 0 for trial in trials):
            return words
    raise PbxStartError(
        f"the user {UNPRIVILEGED_USER} cannot read {' or '.join(map(str, paths))}, so Asterisk cannot run; "
        "move the checkout to a folder that everybody may enter, or start as another user than root"
    )
