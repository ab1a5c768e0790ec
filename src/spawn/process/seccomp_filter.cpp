#include "spawn/process/seccomp_filter.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace carrel {

#if defined(__x86_64__) || defined(__aarch64__)

namespace {

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#else
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#endif

/// Answered with "operation not permitted".
constexpr auto denied = std::to_array<uint32_t>({
    // The kernel's key rings are shared by everybody of a user namespace.
    SYS_add_key,
    SYS_keyctl,
    SYS_request_key,
    // Reading and steering other processes; with it the sandbox's process 1 could be stopped.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_pidfd_getfd,
    // Large, young parts of the kernel.
    SYS_bpf,
    SYS_userfaultfd,
    SYS_perf_event_open,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    // Namespaces and mounts; a user namespace of one's own would otherwise allow them.
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_open_by_handle_at,
    // The machine itself.
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_syslog,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_quotactl,
});

constexpr uint32_t new_namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

constexpr uint32_t refuse(int error) {
    return SECCOMP_RET_ERRNO | (static_cast<uint32_t>(error) & SECCOMP_RET_DATA);
}

sock_filter load(size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}
sock_filter skip_unless_equal(uint32_t value, uint8_t count) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
}
sock_filter skip_unless_any(uint32_t bits, uint8_t count) {
    return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, count);
}
sock_filter answer(uint32_t value) { return BPF_STMT(BPF_RET | BPF_K, value); }

}  // namespace

std::string seccomp_filter() {
    std::vector<sock_filter> program;
    auto const add = [&](std::initializer_list<sock_filter> steps) {
        program.insert(program.end(), steps);
    };

    // Programs of another architecture have other numbers: closed as a whole.
    add({load(offsetof(seccomp_data, arch)),
         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0), answer(refuse(ENOSYS))});
    add({load(offsetof(seccomp_data, nr))});
#if defined(__x86_64__)
    constexpr uint32_t x32_numbers = 0x40000000;
    add({BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_numbers, 0, 1), answer(refuse(ENOSYS))});
#endif
    for (auto const number : denied) add({skip_unless_equal(number, 1), answer(refuse(EPERM))});
    // The flags of clone3 are behind a pointer, out of reach here: without it, libc uses clone.
    add({skip_unless_equal(SYS_clone3, 1), answer(refuse(ENOSYS))});
    add({skip_unless_equal(SYS_clone, 3), load(offsetof(seccomp_data, args)),
         skip_unless_any(new_namespaces, 1), answer(refuse(EPERM))});
    add({answer(SECCOMP_RET_ALLOW)});

    return {reinterpret_cast<char const*>(program.data()), program.size() * sizeof(sock_filter)};
}

#else

std::string seccomp_filter() { return {}; }

#endif

}  // namespace carrel
