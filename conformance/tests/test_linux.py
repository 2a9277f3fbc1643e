# SPDX-License-Identifier: BSD-3-Clause
"""Linux's rpmsg host side on the bench, its sources unmodified: drivers in the kernel and programs in user space,
against the project's own remote. Needs Debian's package linux-source; nothing else does."""
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import BUILD, INPUT, ROOT, VIOLATION, report, sbesim

SHIM = ROOT / "host-shim/linux"
SCRIPT = SHIM / "build"
CC = BUILD / "sbesim-cc"
PAIRS = ROOT / "examples/pairs"
JOBS = ("echo", "rpc")
SIDES = ("kernel", "user")


def archive():
    """What the build takes."""
    given = os.environ.get("LINUX_SOURCE")
    found = sorted(Path("/usr/src").glob("linux-source-*.tar.xz"))
    return Path(given) if given else found[-1] if found else None


pytestmark = pytest.mark.skipif(archive() is None, reason="Debian's package linux-source is not installed")


def build(out, **how):
    """The finished build script; minutes when it has to extract and compile everything."""
    command = [SCRIPT, out, CC]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, **how)


def compile_image(*arguments, cwd=ROOT):
    done = subprocess.run([CC, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    # What clang's driver says of options that only matter to a compilation is not about the program.
    said = [line for line in done.stderr.splitlines() if "unused during compilation" not in line]
    assert "warning" not in "\n".join(said), done.stderr


@pytest.fixture(scope="module")
def linux():
    """The directory with linux.o; kept from one time to the next."""
    done = build(BUILD / "linux")
    assert done.returncode == 0, done.stderr
    return BUILD / "linux"


@pytest.fixture(scope="module")
def images(linux, tmp_path_factory):
    """(side, job): the host's image; ("own", job): the remote's."""
    top = tmp_path_factory.mktemp("images")
    found = {}
    for job in JOBS:
        flags = ["-O2", "-Wall", "-Wextra", f"-DJOB_{job.upper()}=1", "-c"]
        compile_image("-std=c11", *flags, PAIRS / "traffic.c", "-o", top / "traffic.o")
        compile_image(f"@{linux}/kernel.flags", *flags, '-DKBUILD_MODNAME="traffic"', PAIRS / "linux_kernel_host.c",
                      "-o", top / "kernel.o")
        compile_image("-std=gnu11", *flags, PAIRS / "linux_user_host.c", "-o", top / "user.o")
        compile_image("-std=c11", *flags, PAIRS / "sbe_remote.c", "-o", top / "remote.o")
        modules = {"kernel": (linux / "linux.o",), "user": (linux / "rpmsg_char.o", linux / "linux.o"), "remote": ()}
        for side, objects in modules.items():
            image = top / (f"own-{job}-remote.so" if side == "remote" else f"linux-{side}-{job}-host.so")
            compile_image(top / f"{side}.o", top / "traffic.o", *objects, "-o", image)
            found["own" if side == "remote" else side, job] = image
    return found


def pair(images, side, job):
    return "--host", images[side, job], "--remote", images["own", job]


# ---- Where the sources come from -----------------------------------------------------------------


def sums(out):
    return [line.split("  ") for line in out.splitlines()]


@pytest.fixture(scope="module")
def members(linux, tmp_path_factory):
    """The files that the build says it uses, taken from the package once more and in another way."""
    top = tmp_path_factory.mktemp("members")
    files = [path for _, path in sums(build(linux).stdout)]
    inside = archive().name.removesuffix(".tar.xz")
    (top / "list").write_text("".join(f"{inside}/{path}\n" for path in files))
    subprocess.run(["tar", "-xJf", archive(), "--strip-components=1", "-T", "list"], cwd=top, check=True, timeout=300)
    return top


def test_every_foreign_file_is_told_and_is_the_packages(linux, members):
    told = {path: digest for digest, path in sums(build(linux).stdout)}
    used = {str(path.relative_to(linux / "src")) for path in (linux / "src").rglob("*") if path.is_file()}
    assert set(told) == used
    assert {"drivers/rpmsg/virtio_rpmsg_bus.c", "drivers/virtio/virtio_ring.c", "include/linux/virtio.h"} <= used
    for path, digest in told.items():
        assert hashlib.sha256((members / path).read_bytes()).hexdigest() == digest
        assert (members / path).read_bytes() == (linux / "src" / path).read_bytes()


def test_what_the_data_file_lists_is_what_is_used(linux):
    kinds = [line.split() for line in (SHIM / "sources").read_text().splitlines() if not line.startswith("#")]
    used = {path for _, path in sums(build(linux).stdout)}
    assert {path for kind, path in kinds if kind in ("object", "module", "header")} <= used
    assert used <= {path for kind, path in kinds if kind != "empty"}


def test_nothing_is_built_twice(linux):
    before = (linux / "linux.o").stat().st_mtime_ns
    assert build(linux).returncode == 0
    assert (linux / "linux.o").stat().st_mtime_ns == before


@pytest.fixture
def copy(linux, tmp_path):
    shutil.copytree(linux, tmp_path / "linux")
    return tmp_path / "linux"


@pytest.mark.parametrize("file", ("drivers/virtio/virtio_ring.c", "include/linux/virtio.h"))
def test_a_changed_byte_of_a_source_is_refused(file, copy):
    path = copy / "src" / file
    kept = path.read_bytes()
    path.write_bytes(kept[:-2] + bytes([kept[-2] ^ 1]) + kept[-1:])
    refused = build(copy)
    assert refused.returncode == 1
    assert file in refused.stderr and "differs from" in refused.stderr
    path.write_bytes(kept)
    assert build(copy).returncode == 0


def test_a_file_that_is_not_the_packages_is_refused(copy):
    extra = copy / "src/include/linux/extra.h"
    extra.write_text("#define EXTRA\n")
    refused = build(copy)
    assert (refused.returncode, "has files" in refused.stderr) == (1, True)
    extra.unlink()
    assert build(copy).returncode == 0


def test_without_the_package_it_says_so(tmp_path):
    done = build(tmp_path / "out", env={**os.environ, "LINUX_SOURCE": str(tmp_path / "linux-source-6.1.tar.xz")})
    assert done.returncode == 2
    assert "install Debian's package linux-source" in done.stderr


def test_an_archive_without_the_sources_is_refused(tmp_path):
    (tmp_path / "linux-source-6.1").mkdir()
    (tmp_path / "linux-source-6.1/README").write_text("empty\n")
    name = tmp_path / "linux-source-6.1.tar.xz"
    subprocess.run(["tar", "-cJf", name, "linux-source-6.1"], cwd=tmp_path, check=True, timeout=60)
    done = build(tmp_path / "out", env={**os.environ, "LINUX_SOURCE": str(name)})
    assert done.returncode == 1
    assert "has no drivers/virtio/virtio.c" in done.stderr
    assert not (tmp_path / "out/linux.o").exists()


# ---- The pairs -----------------------------------------------------------------------------------

def messages(job):
    """How many the job asks for, and are answered one by one."""
    name = {"echo": "TRAFFIC_MESSAGES", "rpc": "TRAFFIC_CALLS"}[job]
    return int(re.search(rf"define {name} (\d+)u", (PAIRS / "traffic.h").read_text())[1])


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("side", SIDES)
def test_linux_does_its_job_and_says_so(side, job, images):
    done = sbesim("run", *pair(images, side, job))
    assert f"{messages(job)} messages came back, error 0" in done.stdout.decode(), done.stdout.decode()
    assert "-- " not in done.stdout.decode() and "WARNING" not in done.stdout.decode()
    assert "rpmsg host is online" in done.stdout.decode()


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("side", SIDES)
def test_linux_conforms_with_the_own_remote_in_random_runs(side, job, images):
    said = report("conform", *pair(images, side, job), "--seeds", "100")
    assert (said["verdict"], said["violations"], said["runs"]) == ("pass", [], 100)
    witnesses = {clause["id"]: clause["witnesses"] for clause in said["clauses"]}
    assert witnesses["RPMSG-HDR-01"] >= 100 * 2 * messages(job) and witnesses["RPMSG-NS-01"] >= 100


@pytest.mark.parametrize("side", SIDES)
def test_linux_conforms_with_the_own_remote_whatever_one_surprise_does(side, images):
    said = report("conform", *pair(images, side, "rpc"), "--surprises", "1", timeout=300)
    assert (said["verdict"], said["violations"]) == ("pass", [])
    assert said["runs"] > 500


@pytest.mark.parametrize("side", SIDES)
def test_linux_on_cached_rings_is_a_violation_at_its_own_lines(side, images):
    said = report("conform", *pair(images, side, "rpc"), "--platform", "hostile", "--surprises", "0", status=VIOLATION)
    # Linux has no call that would clean a ring: what it publishes is unclean, in its own ring code.
    unclean = [violation for violation in said["violations"] if violation["clause"] == "VRING-SYNC-01"]
    assert unclean
    for violation in unclean:
        assert ("host", "drivers/virtio/virtio_ring.c") in [(p["side"], p["file"]) for p in violation["where"]]
        assert "drivers/virtio/virtio_ring.c" in violation["cause"] and "not cleaned" in violation["cause"]
    # The table is written by Linux too, but its driver cleans it.
    assert not [v for v in said["violations"] if v["clause"].startswith("RSC-")]


def test_the_table_comes_from_the_firmware(linux, images, app):
    """With rings of eight entries Linux offers eight buffers; without a table of its own, sixteen."""
    table = """
#include <stdint.h>
__attribute__((section(".resource_table"), used)) static const uint32_t table[] = {
	1, 1, 0, 0, 20, 3, 7, 0, 1, 0, 0, 0x200, -1u, 4096, 8, 0, 0, -1u, 4096, 8, 1, 0,
};
"""
    remote = """
static int host(void)
{
	return 0;
}

static int remote(void)
{
	volatile uint32_t *t = region("rsc-table");

	do
		hw_cache_invalidate((void *)t, 128);
	while (!(t[11] & 4));
	hw_cache_invalidate((void *)t, 128);
	volatile uint16_t *avail = (volatile uint16_t *)((char *)region("vdev0vring0") + 16 * t[14]);
	printf("%u entries at %x, %u offered\\n", (unsigned)t[14], (unsigned)t[12], avail[1]);
	abort();
}
"""
    for text, said in ((table, "8 entries at 3ed40000, 8 offered"), ("", "16 entries at 3ed40000, 16 offered")):
        image = app(text + remote)
        done = sbesim("run", "--host", images["kernel", "echo"], "--remote", image)
        assert f"remote: {said}" in done.stdout.decode(), done.stdout.decode()


# ---- Programs in user space ----------------------------------------------------------------------


def test_the_user_space_program_is_an_ordinary_one(tmp_path):
    command = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", ROOT, PAIRS / "linux_user_host.c",
               PAIRS / "traffic.c", "-o", tmp_path / "plain"]
    subprocess.run(command, check=True, timeout=60)
    text = (PAIRS / "linux_user_host.c").read_text()
    assert "sbesim" not in text and "int main(" in text
    # Here there is no remote, so it gives up in the words of the C library.
    done = subprocess.run([tmp_path / "plain"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 10 and "Connection timed out" in done.stderr


HEAD = r"""
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>
#include <linux/rpmsg.h>

static char data[600];

/* The file of the remote's service, once it is there. */
static int channel(int flags)
{
	int fd;

	while ((fd = open("/dev/rpmsg0", O_RDWR | flags)) < 0 && errno == ENOENT)
		usleep(100);
	return fd;
}

static long now_ms(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static int await(int fd, int timeout)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM};

	return poll(&p, 1, timeout) < 0 ? -1 : p.revents;
}

/* What a call answered: the value, or the error's name. */
static void told(const char *what, long rc)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {{EAGAIN, "EAGAIN"}, {EBADF, "EBADF"}, {EBUSY, "EBUSY"}, {EFAULT, "EFAULT"}, {EINVAL, "EINVAL"},
		{EMSGSIZE, "EMSGSIZE"}, {ENOENT, "ENOENT"}, {ENOTTY, "ENOTTY"}, {EPIPE, "EPIPE"}, {EACCES, "EACCES"}};

	if (rc >= 0) {
		printf("%s: %ld\n", what, rc);
		return;
	}
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == errno)
			printf("%s: %s\n", what, names[i].name);
}
#define TELL(call) told(#call, call)

"""

# The remote: waits DELAY ns before it serves, then answers each message, and leaves a while after LEAVE of them.
REMOTE = r"""
#include "remote-shim/sbe_remote.h"

static struct sbe_remote remote;
static struct rpmsg_endpoint endpoint;
static unsigned int taken;

static void receive(void *arg, const void *data, size_t size, uint32_t src)
{
	(void)arg;
	endpoint.dst = src;
	taken++;
	if (rpmsg_send(&endpoint, data, size))
		hw_assert_fail("not sent", __FILE__, __LINE__);
}

int sbesim_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	if (sbe_remote_open(&remote) ||
	    rpmsg_endpoint_create(&endpoint, &remote.rpmsg, "rpmsg-raw", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, receive, NULL))
		return 1;
	if (DELAY)
		hw_sleep_ns(DELAY);
	while (sbe_remote_serve(&remote) >= 0)
		if (LEAVE && taken == LEAVE) {
			/* Linux answers EPIPE to a reader that finds both the answer and the end: the answer is read first. */
			hw_sleep_ns(5000000);
			rpmsg_endpoint_destroy(&endpoint);
			taken = 0;
		}
	return 2;
}
"""


@pytest.fixture
def user(linux, tmp_path):
    """Runs the main of a user-space program: what it printed, and the options that name the pair."""
    def run(body, delay=0, leave=0):
        (tmp_path / "user.c").write_text(HEAD + "int main(void)\n{\n" + body + "\treturn 0;\n}\n")
        (tmp_path / "remote.c").write_text(REMOTE)
        flags = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused", "-Wno-nonnull")
        compile_image(*flags, "user.c", linux / "rpmsg_char.o", linux / "linux.o", "-o", "user.so", cwd=tmp_path)
        compile_image(*flags, f"-DDELAY={delay}", f"-DLEAVE={leave}", "remote.c", "-o", "remote.so", cwd=tmp_path)
        words = ("--host", tmp_path / "user.so", "--remote", tmp_path / "remote.so", "--input", INPUT)
        done = sbesim("run", *words)
        assert done.returncode == 0, done.stderr.decode()
        lines = [line.removeprefix("host: ") for line in done.stdout.decode().splitlines()]
        assert not [line for line in lines if line.startswith("-- ")], lines
        kernel = ("remoteproc ", "virtio_rpmsg_bus ", "rproc-virtio ")
        return [line for line in lines if not line.startswith(kernel)], words
    return run


def conforms(words):
    said = report("conform", *words, "--surprises", "1", timeout=300)
    assert (said["verdict"], said["violations"]) == ("pass", [])


def test_reading_and_polling_before_and_after_a_message(user):
    said, words = user(r"""
	int fd = channel(O_NONBLOCK);

	TELL(await(fd, 0));
	TELL(read(fd, data, 100));
	TELL(write(fd, "0123456789", 10));
	TELL(await(fd, -1));
	TELL(read(fd, data, 4));
	TELL(memcmp(data, "0123", 4));
	TELL(read(fd, data, 100));
	TELL(await(fd, 1));
""")
    # Linux's virtio_rpmsg_bus has no poll operation, so nothing ever says POLLOUT.
    assert said == ["await(fd, 0): 0", "read(fd, data, 100): EAGAIN", 'write(fd, "0123456789", 10): 10',
                    "await(fd, -1): 65", "read(fd, data, 4): 4", 'memcmp(data, "0123", 4): 0',
                    "read(fd, data, 100): EAGAIN", "await(fd, 1): 0"]
    conforms(words)


def test_the_longest_message_and_one_byte_more(user):
    said, _ = user(r"""
	int fd = channel(0);

	TELL(write(fd, data, 496));
	TELL(read(fd, data, sizeof(data)));
	TELL(write(fd, data, 497));
	TELL(write(fd, data, 0));
	TELL(read(fd, data, sizeof(data)));
""")
    assert [line for line in said if "message is too big" not in line] == [
        "write(fd, data, 496): 496", "read(fd, data, sizeof(data)): 496", "write(fd, data, 497): EMSGSIZE",
        "write(fd, data, 0): 0", "read(fd, data, sizeof(data)): 0"]
    assert len([line for line in said if "message is too big (497)" in line]) == 1


def test_a_destroyed_endpoint_is_a_broken_pipe(user):
    said, words = user(r"""
	struct rpmsg_endpoint_info info = {.name = "mine", .src = 0xffffffff, .dst = 1024};
	int first = channel(0), control = open("/dev/rpmsg_ctrl0", O_RDWR), fd;

	TELL(open("/dev/rpmsg1", O_RDWR));
	TELL(ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info));
	fd = open("/dev/rpmsg1", O_RDWR);
	TELL(write(fd, "x", 1));
	TELL(read(fd, data, 9));
	TELL(ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));
	TELL(read(fd, data, 9));
	TELL(write(fd, "x", 1));
	TELL(await(fd, -1));
	TELL(open("/dev/rpmsg1", O_RDWR));
	TELL(close(fd));
	TELL(ioctl(first, RPMSG_DESTROY_EPT_IOCTL));
	TELL(write(first, "x", 1));
	TELL(read(first, data, 9));
""")
    assert said == ['open("/dev/rpmsg1", O_RDWR): ENOENT', "ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info): 0",
                    'write(fd, "x", 1): 1', "read(fd, data, 9): 1", "ioctl(fd, RPMSG_DESTROY_EPT_IOCTL): 0",
                    "read(fd, data, 9): EPIPE", 'write(fd, "x", 1): EPIPE', "await(fd, -1): 8",
                    'open("/dev/rpmsg1", O_RDWR): ENOENT', "close(fd): 0",
                    "ioctl(first, RPMSG_DESTROY_EPT_IOCTL): EINVAL", 'write(first, "x", 1): 1',
                    "read(first, data, 9): 1"]
    conforms(words)


def test_a_reader_is_woken_when_the_remote_withdraws_its_service(user):
    said, words = user(r"""
	int fd = channel(0);

	TELL(write(fd, "x", 1));
	TELL(read(fd, data, 9));
	TELL(read(fd, data, 9));
	TELL(await(fd, -1));
	TELL(open("/dev/rpmsg0", O_RDWR));
	TELL(close(fd));
""", leave=1)
    assert said == ['write(fd, "x", 1): 1', "read(fd, data, 9): 1", "read(fd, data, 9): EPIPE", "await(fd, -1): 8",
                    'open("/dev/rpmsg0", O_RDWR): ENOENT', "close(fd): 0"]
    conforms(words)


def test_without_a_buffer_a_write_fails_or_waits(user):
    """Sixteen buffers: nobody takes the first message for long, so the seventeenth has none."""
    said, words = user(r"""
	int fd = channel(O_NONBLOCK), sent = 0, got = 0;

	while (write(fd, data, 40) == 40)
		sent++;
	TELL(sent);
	TELL(write(fd, data, 40));
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	TELL(write(fd, data, 40));
	while (got < 17 && read(fd, data, 100) == 40)
		got++;
	TELL(got);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	TELL(read(fd, data, 100));
""", delay=50000000)
    assert said == ["sent: 16", "write(fd, data, 40): EAGAIN", "write(fd, data, 40): 40", "got: 17",
                    "read(fd, data, 100): EAGAIN"]
    conforms(words)


def test_wrong_calls_are_refused_as_linux_does(user):
    said, _ = user(r"""
	struct pollfd bad = {.fd = 20, .events = POLLIN}, none = {.fd = -1, .events = POLLIN};
	int fd = channel(0), control = open("/dev/rpmsg_ctrl0", O_RDWR), in, out;

	TELL(open("/dev/rpmsg0", O_RDWR));
	TELL(open("/dev/none", O_RDWR));
	TELL(open("/etc/passwd", O_RDONLY));
	TELL(read(20, data, 1));
	TELL(close(20));
	TELL(poll(&bad, 1, 0) * 1000 + bad.revents);
	TELL(poll(&none, 1, 0) * 1000 + none.revents);
	TELL(write(fd, NULL, 5));
	TELL(read(fd, NULL, 5));
	TELL(ioctl(control, RPMSG_CREATE_EPT_IOCTL, NULL));
	TELL(ioctl(control, 0x1234, data));
	TELL(ioctl(1, RPMSG_CREATE_EPT_IOCTL, data));
	TELL(read(control, data, 1));
	TELL(write(control, data, 1));
	TELL(close(fd));
	TELL(close(fd));
	in = open("/dev/rpmsg0", O_RDONLY);
	TELL(write(in, "x", 1));
	TELL(close(in));
	out = open("/dev/rpmsg0", O_WRONLY);
	TELL(read(out, data, 1));
	TELL(write(out, "x", 1));
""")
    assert said == ['open("/dev/rpmsg0", O_RDWR): EBUSY', 'open("/dev/none", O_RDWR): ENOENT',
                    'open("/etc/passwd", O_RDONLY): ENOENT', "read(20, data, 1): EBADF", "close(20): EBADF",
                    "poll(&bad, 1, 0) * 1000 + bad.revents: 1032", "poll(&none, 1, 0) * 1000 + none.revents: 0",
                    "write(fd, NULL, 5): EFAULT", "read(fd, NULL, 5): EFAULT",
                    "ioctl(control, RPMSG_CREATE_EPT_IOCTL, NULL): EFAULT", "ioctl(control, 0x1234, data): EINVAL",
                    "ioctl(1, RPMSG_CREATE_EPT_IOCTL, data): ENOTTY", "read(control, data, 1): EINVAL",
                    "write(control, data, 1): EINVAL", "close(fd): 0", "close(fd): EBADF", 'write(in, "x", 1): EBADF',
                    "close(in): 0", "read(out, data, 1): EBADF", 'write(out, "x", 1): 1']


def test_attributes_and_console_and_select(user):
    said, _ = user(r"""
	int fd = channel(0), attribute = open("/sys/class/rpmsg/rpmsg0/dst", O_RDONLY);
	struct timeval little = {.tv_usec = 100};
	fd_set in, out;
	long n = read(attribute, data, 2);

	n += read(attribute, data + n, 100);
	TELL(n);
	printf("%s", data);
	TELL(read(attribute, data, 100));
	memset(data, 0, sizeof(data));
	TELL(read(open("/sys/bus/rpmsg/devices/virtio0.rpmsg-raw.-1.1024/name", O_RDONLY), data, 100));
	printf("%s", data);
	TELL(open("/sys/class/rpmsg/rpmsg0/none", O_RDONLY));
	TELL(open("/sys/class/rpmsg/rpmsg7/dst", O_RDONLY));
	TELL(open("/sys/class/rpmsg/rpmsg0/dst", O_RDWR));
	TELL(write(1, "to the console\n", 15));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd, &in);
	FD_SET(1, &out);
	TELL(select(fd + 1, &in, &out, NULL, NULL) * 100 + !!FD_ISSET(fd, &in) * 10 + !!FD_ISSET(1, &out));
	FD_SET(fd, &in);
	TELL(select(fd + 1, &in, NULL, NULL, &little) * 10 + !!FD_ISSET(fd, &in));
	TELL(write(fd, "x", 1));
	FD_SET(fd, &in);
	TELL(select(fd + 1, &in, NULL, NULL, NULL) * 10 + !!FD_ISSET(fd, &in));
	FD_SET(20, &in);
	TELL(select(21, &in, NULL, NULL, NULL));
""")
    assert [line.split(": ")[-1] for line in said] == [
        "5", "1024", "0", "10", "rpmsg-raw", "ENOENT", "ENOENT", "EACCES", "to the console", "15", "101", "0", "1",
        "11", "EBADF"]


def test_waiting_takes_the_time_it_says(user):
    said, _ = user(r"""
	int fd = channel(0);
	long from = now_ms(), all;

	await(fd, 300);
	await(fd, 0);
	usleep(40000);
	sleep(1);
	nanosleep(&(struct timespec){.tv_nsec = 7000000}, NULL);
	all = now_ms() - from;
	TELL(all < 1347 || all > 1348);
	TELL(nanosleep(&(struct timespec){.tv_nsec = 1000000000}, NULL));
""")
    assert [line.split(": ")[-1] for line in said] == ["0", "EINVAL"]
