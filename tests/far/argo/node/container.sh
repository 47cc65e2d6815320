#!/bin/sh
# Run one container: container.sh PLAN OWNER WORKDIR COMMAND...
# The first process of its own mount and PID namespace. Its root is this machine's with a layer in memory over it, in
# which the lines of PLAN ("SOURCE<tab>TARGET") are mounted in their order. OWNER is UID:GID.
set -e
plan=$1 owner=$2 workdir=$3
shift 3
search=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/over /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/over,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom dev
ln -s /proc/self/fd dev/fd
mkdir -m 1777 dev/shm
mount --bind "$SHARED" ".$SHARED"
unset SHARED
while IFS="$(printf '\t')" read -r source target; do
  target=$(realpath -m "$target") # a link, as /var/run is one, must not lead out of the root
  if [ -d "$source" ]; then mkdir -p ".$target"; else mkdir -p ".${target%/*}" && : >>".$target"; fi
  mount --bind "$source" ".$target"
done <"$plan"
PATH=$search
# shellcheck disable=SC2016 # the inner shell expands it
exec /usr/sbin/chroot --userspec="$owner" . /bin/sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"
