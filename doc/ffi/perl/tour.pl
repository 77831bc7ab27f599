# The tour of doc/ffi/README.md in Perl, by FFI::Platypus.
use strict;
use warnings;
use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(scalar_to_buffer scalar_to_pointer);

use constant { N => 200, F64 => 2, DRAW => 1 };

my $ffi = FFI::Platypus->new(api => 2, lib => 'libgenmod.so.1');
$ffi->type('(opaque, opaque)->sint32' => 'progress');
$ffi->attach(genmod_version => [] => 'sint32');
$ffi->attach(genmod_status_name => ['sint32'] => 'string');
$ffi->attach(genmod_workspace_new => [qw(opaque opaque*)] => 'sint32');
$ffi->attach(genmod_workspace_error => ['opaque'] => 'string');
$ffi->attach(genmod_config_set_str => [qw(opaque string string opaque)]
    => 'sint32');
$ffi->attach(genmod_data_set_rows => [qw(opaque sint32 size_t size_t opaque
    sint64 sint64 opaque)] => 'sint32');
$ffi->attach(genmod_report_get => [qw(opaque string double*)] => 'sint32');
$ffi->attach($_ => [qw(opaque* opaque)] => 'sint32')
    for qw(genmod_data_new gmm_config_new vae_config_new);
$ffi->attach($_ => [qw(opaque opaque* opaque)] => 'sint32')
    for qw(gmm_new vae_new);
$ffi->attach(gmm_fit => [qw(opaque opaque progress opaque opaque)]
    => 'sint32');
$ffi->attach(vae_fit => [qw(opaque opaque opaque progress opaque opaque)]
    => 'sint32');
$ffi->attach(vae_report => ['opaque'] => 'opaque');
$ffi->attach($_ => [qw(opaque size_t opaque size_t* opaque)] => 'sint32')
    for qw(gmm_save vae_save);
$ffi->attach($_ => [qw(opaque size_t opaque opaque)] => 'sint32')
    for qw(gmm_load vae_load);
$ffi->attach(gmm_sample => [qw(opaque uint64 uint64 size_t sint32 size_t opaque
    opaque opaque)] => 'sint32');
$ffi->attach(vae_sample => [qw(opaque uint64 uint64 size_t sint32 opaque sint32
    size_t opaque opaque)] => 'sint32');
$ffi->attach($_ => ['opaque'] => 'void') for qw(genmod_workspace_free
    genmod_config_free genmod_data_free gmm_free vae_free);

my $w;

sub need {
    my ($status) = @_;
    die genmod_status_name($status) . ': ' . genmod_workspace_error($w) . "\n"
        if $status;
}

# A handle from its _new function, whatever comes before the handle.
sub make {
    my ($new, @arguments) = @_;
    need($new->(@arguments, \my $made, $w));
    return $made;
}

sub set {
    my ($config, %options) = @_;
    need(genmod_config_set_str($config, $_, $options{$_}, $w))
        for keys %options;
}

sub save {
    my ($write, $model) = @_;
    $write->($model, 0, undef, \my $n, $w);    # too small: tells the size
    my $file = "\0" x $n;
    need($write->($model, $n, scalar_to_pointer($file), \$n, $w));
    return $file;
}

sub load {
    my ($read, $model, $file) = @_;
    my ($bytes, $n) = scalar_to_buffer($file);
    need($read->($model, $n, $bytes, $w));
}

sub epochs {
    my ($report) = @_;
    need(genmod_report_get($report, 'epochs', \(my $v = 0)));
    return $v;
}

sub tour_gmm {
    my ($options, $rows) = @_;
    my ($model, $loaded) = (make(\&gmm_new, $options), make(\&gmm_new, undef));
    need(gmm_fit($model, $rows, undef, undef, $w));
    load(\&gmm_load, $loaded, save(\&gmm_save, $model));
    my $drawn = "\0" x 64;
    need(gmm_sample($loaded, 7, 0, 4, F64, 64, scalar_to_pointer($drawn), undef,
        $w));
    print 'gmm ', unpack('H*', $drawn), "\n";
    gmm_free($_) for $loaded, $model;
}

sub tour_vae {
    my ($options, $rows) = @_;
    my ($model, $loaded) = (make(\&vae_new, $options), make(\&vae_new, undef));
    my ($calls, $died) = (0, '');

    # What dies must not cross the library: it becomes a negative status. The
    # closure lives as long as $watch.
    my $watch = $ffi->closure(sub {
        my ($report) = @_;
        $calls++;
        my $over = eval { epochs($report) >= 2 };
        $died = $@;
        return $died ? -1 : $over ? 1 : 0;
    });
    my $status = vae_fit($model, $rows, undef, $watch, undef, $w);
    die $died if $died;
    need($status);
    printf "vae stopped after %d passes, %d calls\n", epochs(vae_report($model)),
        $calls;
    load(\&vae_load, $loaded, save(\&vae_save, $model));
    my $drawn = "\0" x 64;
    need(vae_sample($loaded, 7, 0, 4, DRAW, undef, F64, 64,
        scalar_to_pointer($drawn), $w));
    print 'vae ', unpack('H*', $drawn), "\n";
    vae_free($_) for $loaded, $model;
}

need(genmod_workspace_new(undef, \$w));
print 'version ', genmod_version(), "\n";

# A packed string, borrowed by the view for as long as $x is not changed.
my $x = pack 'd*', map {
    (37 * $_ % 101 / 16 + 8 * ($_ % 2), 53 * $_ % 97 / 16 + 4 * ($_ % 2))
} 0 .. N - 1;
my $rows = make(\&genmod_data_new);
need(genmod_data_set_rows($rows, F64, N, 2, scalar_to_pointer($x), 0, 0, $w));

my $mixture = make(\&gmm_config_new);
eval { set($mixture, componets => 2); 1 } or print "error $@";
set($mixture, components => 2);
tour_gmm($mixture, $rows);
my $autoencoder = make(\&vae_config_new);
set($autoencoder, encoder => 'dense 8; tanh', code => 1, batch_size => 50);
tour_vae($autoencoder, $rows);

genmod_config_free($_) for $autoencoder, $mixture;
genmod_data_free($rows);
genmod_workspace_free($w);
