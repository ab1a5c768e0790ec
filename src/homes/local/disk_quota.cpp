#include "homes/local/disk_quota.hpp"

#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace carrel {

namespace {

/// Space is counted in these, see quotactl(2).
constexpr long long block = 1024;

long ask(int folder, int command, uid_t owner, void* with) {
    return ::syscall(SYS_quotactl_fd, folder, QCMD(command, USRQUOTA), owner, with);
}

}  // namespace

Result<> find_disk_quota(int folder) {
    fs_quota_statv state{};
    state.qs_version = FS_QSTATV_VERSION1;
    if (ask(folder, Q_XGETQSTATV, 0, &state) != 0) {
        // What a file system without quotas answers depends on how it comes to have none.
        if (errno == ENOSYS || errno == ESRCH || errno == EINVAL || errno == ENOTSUP)
            return fail(Code::Unavailable, "its file system has no user quotas switched on");
        return fail_errno("ask for user quotas");
    }
    if ((state.qs_flags & FS_QUOTA_UDQ_ENFD) == 0)
        return fail(Code::Unavailable, "its file system counts for user quotas, but enforces none");
    return {};
}

Result<> limit_storage(int folder, uid_t owner, StorageLimit const& limit) {
    if_dqblk wanted{};
    wanted.dqb_bhardlimit = static_cast<__u64>((limit.bytes + block - 1) / block);
    wanted.dqb_ihardlimit = static_cast<__u64>(limit.files);
    wanted.dqb_valid = QIF_LIMITS;
    if (ask(folder, Q_SETQUOTA, owner, &wanted) != 0)
        return fail_errno("limit the storage of user {}", owner);
    return {};
}

}  // namespace carrel
